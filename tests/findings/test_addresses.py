"""Addresses of sockets, and whether one is in the way of another."""

from __future__ import annotations

import pytest

from pyhandles.findings.addresses import collide, endpoint

SERVER = "127.0.0.1:3001"


@pytest.mark.parametrize(
    ("address", "host", "port"),
    [
        (SERVER, "127.0.0.1", 3001),
        ("[::1]:80", "::1", 80),
        ("[fe80::1%eth0]:80", "fe80::1", 80),
        ("[::ffff:10.0.0.7]:80", "10.0.0.7", 80),
        ("~00c0ffee:80", "~00c0ffee", 80),
        ("[~00c0ffee]:80", "~00c0ffee", 80),
    ],
)
def test_host_and_port(address: str, host: str, port: int):
    assert endpoint(address) == (host, port)


@pytest.mark.parametrize("address", [None, "", "/run/app.sock", "@app", "a2c9e1", "127.0.0.1"])
def test_what_has_no_port(address: str | None):
    assert endpoint(address) is None


@pytest.mark.parametrize("other", [SERVER, "0.0.0.0:3001", "[::]:3001", "[::ffff:127.0.0.1]:3001"])
def test_the_same_port_of_the_same_host_or_of_any_is_in_the_way(other: str):
    assert collide(SERVER, other)
    assert collide(other, SERVER)


@pytest.mark.parametrize("other", ["127.0.0.1:3002", "127.0.0.2:3001", "[::1]:3001", "/run/app.sock", "", None])
def test_another_port_or_host_is_not(other: str | None):
    assert not collide(SERVER, other)


def test_every_address_of_ipv4_is_none_of_ipv6():
    assert not collide("0.0.0.0:80", "[::1]:80")
    assert collide("0.0.0.0:80", "[::]:80")


def test_names_are_the_same_or_not():
    assert collide("/run/app.sock", "/run/app.sock")
    assert not collide("/run/app.sock", "@app")
    assert not collide("", "")


def test_no_port_is_in_nobodys_way():
    assert not collide("0.0.0.0:0", "127.0.0.1:0")
