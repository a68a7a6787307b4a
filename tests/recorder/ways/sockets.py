"""Sockets and what comes through them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import selectors
import socket
import socketserver
import ssl
import tempfile
import threading
import warnings

from tests.recorder.ways import way

CERTIFICATE = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgDM6war9OsH1LCZfD
MmI2+5mGuIiDa5QEGMJuYk3OCHOhRANCAATqhNcrxmGgYZXQojGBIQzpVi7ew7j8
YXdOWJi5vv2Fox2IvrW912xkAzZxYcf7++eRIypY7gdmS4y89N80u2G4
-----END PRIVATE KEY-----
-----BEGIN CERTIFICATE-----
MIIBljCCATugAwIBAgIUJFs1HhPPhHsuVzR6Yy/d+lJCswUwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyOTAyMDk1M1oYDzIxMjYxMTA1
MDIwOTUzWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAATqhNcrxmGgYZXQojGBIQzpVi7ew7j8YXdOWJi5vv2Fox2IvrW912xk
AzZxYcf7++eRIypY7gdmS4y89N80u2G4o2kwZzAdBgNVHQ4EFgQUC9aaWE8UBk+I
0Yf/9WnpZsoorrUwHwYDVR0jBBgwFoAUC9aaWE8UBk+I0Yf/9WnpZsoorrUwDwYD
VR0TAQH/BAUwAwEB/zAUBgNVHREEDTALgglsb2NhbGhvc3QwCgYIKoZIzj0EAwID
SQAwRgIhAOmogfsIVh918QF/K8reaLgWQ6AGXHgZnHGf/yfhSIsBAiEArW96Mi47
1qgwiz6r0E2oo/qwL+6hEubAy9KGi86dqhc=
-----END CERTIFICATE-----
"""
"""Of localhost, for a hundred years; its key is no secret."""


@way
def sockets():
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.create_connection(server.getsockname())
        accepted, _ = server.accept()
        client.close()
        accepted.makefile("rb").close()
        accepted.close()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        datagrams.bind(("127.0.0.1", 0))
        datagrams.dup().close()
    one, other = socket.socketpair()
    detached = one.detach()
    os.close(detached)
    return other


@way
def a_socket_closed_by_its_finaliser():
    with warnings.catch_warnings(action="ignore"):
        socket.socketpair()


@way
def descriptors_in_messages():
    one, other = socket.socketpair()
    with one, other, open("/dev/null") as sent:
        socket.send_fds(one, [b"x"], [sent.fileno(), sent.fileno(), sent.fileno()])
        _, received, _, _ = socket.recv_fds(other, 1, 8)
        for fd in received[:-1]:
            os.close(fd)
        return received[-1]


@way
def pipes():
    for fd in (*os.pipe(), *os.pipe2(os.O_NONBLOCK)):
        os.close(fd)
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb"), os.fdopen(writing, "wb") as written:
        written.write(b"x")
    os.mkfifo("fifo")
    os.close(os.open("fifo", os.O_RDWR))


@way
def over_tls():
    for_server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile("w") as certificate:
        certificate.write(CERTIFICATE)
        certificate.flush()
        for_server.load_cert_chain(certificate.name)
        for_client = ssl.create_default_context(cafile=certificate.name)
    ssl.create_default_context()
    server = socket.create_server(("127.0.0.1", 0))

    def serve():
        accepted, _ = server.accept()
        with for_server.wrap_socket(accepted, server_side=True) as wrapped:
            wrapped.sendall(wrapped.recv(10))

    thread = threading.Thread(target=serve)
    thread.start()
    with (
        socket.create_connection(server.getsockname()) as plain,
        for_client.wrap_socket(plain, server_hostname="localhost") as wrapped,
    ):
        wrapped.sendall(b"hello")
        assert wrapped.recv(10) == b"hello"
    thread.join()
    server.close()


@way
def a_server_of_the_library():
    class Echo(socketserver.StreamRequestHandler):
        def handle(self):
            self.wfile.write(self.rfile.readline())

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Echo) as server:
        server.block_on_close = True
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        for _ in range(5):
            with socket.create_connection(server.server_address) as client:
                client.sendall(b"hello\n")
                assert client.recv(10) == b"hello\n"
        server.shutdown()
        thread.join()


@way
def an_asynchronous_server():
    async def echo(reader, writer):
        writer.write(await reader.readline())
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    async def main():
        server = await asyncio.start_server(echo, "127.0.0.1", 0)
        address = server.sockets[0].getsockname()
        for _ in range(5):
            reader, writer = await asyncio.open_connection(*address)
            writer.write(b"hello\n")
            assert await reader.readline() == b"hello\n"
            writer.close()
            await writer.wait_closed()
        server.close()
        await server.wait_closed()

    asyncio.run(main())


@way
def what_waits_for_others():
    for kind in (selectors.EpollSelector, selectors.DefaultSelector, selectors.PollSelector):
        kind().close()
