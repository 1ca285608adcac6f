"""A real HTTP server on 127.0.0.1 for tools that ask endpoints."""

import http.server
import json
import threading
from contextlib import contextmanager, suppress


@contextmanager
def serving(answer):
    """A server whose every request is given to ``answer(handler, body)``; yields its address and the requests seen."""
    seen = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            seen.append((self.path, dict(self.headers), body))
            with suppress(OSError):  # the client hung up, as some tests want
                answer(self, body)

        do_GET = do_POST  # noqa: N815 - the name http.server calls

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def reply(body, *, status=200, kind="application/json", headers=None):
    """An answer that is always the same."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()

    def answer(handler, _):
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(data)))
        for name, value in (headers or {}).items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(data)

    return answer
