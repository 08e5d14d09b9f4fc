"""What a browser loads with a page."""

from unittest import TestCase

from loadtest.common.page_links import imported_files, page_files

PAGE = """<!doctype html><head>
<link rel="icon" href="data:image/svg+xml,%3Csvg/%3E">
<link rel="canonical" href="/elsewhere/">
<link rel="alternate" hreflang="es" href="/es/night/">
<link rel="stylesheet" href="/static/page.css">
<link rel="modulepreload" href="../static/session.js">
<script src="/static/delay.js"></script>
<script type="module" src="/static/live.js?v=1"></script>
<script type="module" src="/static/live.js?v=1"></script>
<script src="https://elsewhere.example/x.js"></script>
</head><body><script type="application/json">{}</script><img src="map.png"></body>"""

MODULE = """import { a, b } from "./a.js";
import{c}from'../shared/c.js';
import "/static/d.js";
import {
  e,
} from "./e.js";
export { f } from "./f.js";
const later = () => import("./later.js");
const text = 'from "./text.js"';
"""


class Links(TestCase):
    def test_page_links_styles_scripts_and_pictures(self):
        self.assertEqual(
            page_files(PAGE, "/night/"),
            [
                "/static/page.css",
                "/static/session.js",
                "/static/delay.js",
                "/static/live.js?v=1",
                "/night/map.png",
            ],
        )

    def test_module_imports_are_found_but_for_those_that_wait(self):
        self.assertEqual(
            imported_files(MODULE, "/static/live/live.js"),
            [
                "/static/live/a.js",
                "/static/shared/c.js",
                "/static/d.js",
                "/static/live/e.js",
                "/static/live/f.js",
            ],
        )

    def test_stylesheet_imports_are_found(self):
        text = """@import "a.css"; @import url(b.css) print; p { background: url(c.png) }"""
        self.assertEqual(
            imported_files(text, "/static/page.css"), ["/static/a.css", "/static/b.css"]
        )
