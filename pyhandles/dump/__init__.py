"""The half that runs inside the service: triggers, collector, descriptors, writer.

It imports the standard library and its own extension module, and nothing of the half that explores. Whatever a
trigger will need is imported when it is installed: a process that is out of descriptors cannot import.
"""
