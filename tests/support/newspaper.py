"""A page of another site that embeds the map in a frame."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer


class Newspaper(HTTPServer):
    """Serves one page until its `with` block ends, on another host name than the map's server."""

    def __init__(self, body):
        class Page(BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *args):
                pass

        super().__init__(("127.0.0.1", 0), Page)
        self.thread = threading.Thread(target=self.serve_forever)
        self.thread.start()

    def __exit__(self, *exc):
        self.shutdown()
        self.thread.join()
        super().__exit__(*exc)
