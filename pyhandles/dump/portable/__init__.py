"""The collector in Python, for machines where the extension could not be built.

It sees less than the native one; what it says is right. See `pyhandles.dump.portable.child` for how it leaves the
service undisturbed.
"""
