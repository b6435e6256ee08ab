# SPDX-License-Identifier: Apache-2.0
"""A Modbus TCP server and a client of a few lines, on plain sockets: the server says what a test tells it to, also what
no honest server would."""
import socket
import struct
import threading


def recv_exact(s, n):
    data = b""
    while len(data) < n:
        piece = s.recv(n - len(data))
        if not piece:
            raise ConnectionError
        data += piece
    return data


class Server:
    """Serves answer(pdu) -> pdu; None closes the connection. frame(transaction, unit, pdu) -> bytes may be replaced."""

    def __init__(self, answer):
        self.answer = answer
        self.frame = lambda transaction, unit, pdu: struct.pack(">HHHB", transaction, 0, len(pdu) + 1, unit) + pdu
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.socket.listen()
        self.port = self.socket.getsockname()[1]
        self.functions = []
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while True:
            try:
                peer, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(peer,), daemon=True).start()

    def serve(self, peer):
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with peer:
            try:
                while True:
                    transaction, _, length, unit = struct.unpack(">HHHB", recv_exact(peer, 7))
                    request = recv_exact(peer, length - 1)
                    self.functions.append(request[0])
                    pdu = self.answer(request)
                    if pdu is None:
                        return
                    peer.sendall(self.frame(transaction, unit, pdu))
            except OSError:
                return

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)  # wakes accept
        self.socket.close()
        self.thread.join(60)


class Liar(Server):
    """Stands between a client and a real station: lie(request, response) -> response, both PDUs."""

    def __init__(self, port, lie):
        self.station = port
        self.lie = lie
        super().__init__(None)

    def serve(self, peer):
        with peer, socket.create_connection(("127.0.0.1", self.station), timeout=60) as station:
            for s in (peer, station):
                s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                while True:
                    head = recv_exact(peer, 7)
                    transaction, _, length, unit = struct.unpack(">HHHB", head)
                    request = recv_exact(peer, length - 1)
                    station.sendall(head + request)
                    response = recv_exact(station, struct.unpack(">HHHB", recv_exact(station, 7))[2] - 1)
                    peer.sendall(self.frame(transaction, unit, self.lie(request, response)))
            except OSError:
                return


class Client:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)

    def write(self, at, value):
        self.socket.sendall(struct.pack(">HHHBBHH", 1, 0, 6, 1, 6, at, value))
        answer = recv_exact(self.socket, 12)
        assert answer[7] == 6, answer

    def close(self):
        self.socket.close()
