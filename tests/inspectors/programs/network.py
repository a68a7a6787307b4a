"""Opens what `socket`, `ssl`, `selectors`, `http.client`, `urllib` and `http.server` open, and tells the numbers."""

import http.client
import http.server
import json
import logging.handlers
import select
import selectors
import socket
import ssl
import threading
import urllib.request

import pyhandles

NUMBERS = {}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "100000")
        self.end_headers()
        self.wfile.write(b"x" * 100_000)

    def log_message(self, *_):
        pass


class Client:
    def __init__(self, *address):
        self.connection = http.client.HTTPConnection(*address)
        self.connection.request("GET", "/")
        self.response = self.connection.getresponse()


class Pool:
    def __init__(self, *address):
        self.idle = [http.client.HTTPConnection(*address)]
        self.idle[0].connect()


class Makefile:
    def __init__(self, address):
        with socket.create_connection(address) as connection:
            self.file = connection.makefile("rb")


class Secure:
    def __init__(self, address):
        context = ssl.create_default_context()
        self.tls = context.wrap_socket(
            socket.create_connection(address), server_hostname="localhost", do_handshake_on_connect=False
        )


class Watch:
    def __init__(self, watched):
        self.selector = selectors.DefaultSelector()
        self.selector.register(watched, selectors.EVENT_READ)


def closing_response(*address):
    connection = http.client.HTTPConnection(*address)
    connection.request("GET", "/", headers={"Connection": "close"})
    return connection.getresponse()


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
NUMBERS["server"] = server.fileno()
threading.Thread(target=server.serve_forever, daemon=True).start()
address = server.server_address
client = Client(*address)
NUMBERS["client"] = client.connection.sock.fileno()
pool = Pool(*address)
NUMBERS["pool"] = pool.idle[0].sock.fileno()
body = urllib.request.urlopen(f"http://127.0.0.1:{address[1]}/")
NUMBERS["urlopen"] = body.fileno()
bodies = [closing_response(*address)]
NUMBERS["response"] = bodies[0].fileno()
listener = socket.create_server(("127.0.0.1", 0))
NUMBERS["listener"] = listener.fileno()
made = Makefile(listener.getsockname())
NUMBERS["makefile"] = made.file.fileno()
secure = Secure(listener.getsockname())
NUMBERS["tls"] = secure.tls.fileno()
watch = Watch(listener)
NUMBERS["selector"] = watch.selector.fileno()
epoll = select.epoll()
NUMBERS["epoll"] = epoll.fileno()
sender = logging.handlers.SocketHandler(*listener.getsockname())
sender.createSocket()
NUMBERS["log socket"] = sender.sock.fileno()

pyhandles.capture()
print(json.dumps(NUMBERS))
