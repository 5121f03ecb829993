"""`meterd status` where nobody answers as expected; the rest is in tests/gateway/test_app.py."""

import http.server
import threading

import pytest


@pytest.mark.parametrize("listen", ["127.0.0.1", "here:port", "127.0.0.1:99999"])
def test_an_address_that_is_none(meterd, listen):
    done = meterd("status", "--listen", listen)
    assert done.exit_code == 1
    assert done.stderr == f"{listen}: expected HOST:PORT\n"


def test_nobody_at_the_address_of_the_file(meterd, config):
    path = config()
    path.write_text(path.read_text() + '[metrics]\nlisten = "127.0.0.1:1"\n')
    done = meterd("status", "-c", path)
    assert done.exit_code == 1
    assert "no daemon answers at 127.0.0.1:1 (Connection refused)" in done.stderr
    assert "metrics.listen" in done.stderr


def test_metrics_that_are_turned_off(meterd, config):
    path = config()
    path.write_text(path.read_text() + '[metrics]\nlisten = ""\n')
    assert "metrics.listen is empty" in meterd("status", "-c", path).stderr


def test_another_program_at_the_address(meterd):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        done = meterd("status", "--listen", f"127.0.0.1:{server.server_port}")
        server.shutdown()
        thread.join()
    assert done.exit_code == 1
    assert "no meterd" in done.stderr
