"""The scripts of a page, named as a browser names them."""

from __future__ import annotations

import base64
import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medqa.surfaces.content_policy import inline_scripts, policy_for

EMPTY = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
"""Of no text at all: the best known SHA-256."""
ALERT = "'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='"
"""Of ``alert(1)``, as Chromium's console gives it."""


@pytest.mark.parametrize(
    ("html", "sources"),
    [
        (b"<p>none</p>", ()),
        (b"<script></script>", (EMPTY,)),
        (b"<script>alert(1)</script>", (ALERT,)),
        (b"<SCRIPT data-x type='module'>alert(1)</SCRIPT><script>alert(1)</script>", (ALERT,)),
        (b"<script src='/a.js'>alert(1)</script>", ()),
        (b"<p onclick='alert(1)'>alert(1)</p><!-- <script>alert(1)</script> -->", ()),
        (b"<style>alert(1)</style><script>alert(1)</script>", (ALERT,)),
    ],
)
def test_inline_scripts_are_named_each_once(html: bytes, sources: tuple[str, ...]) -> None:
    assert inline_scripts(html) == sources


@settings(deadline=None)
@given(st.lists(st.text("ab<>/&;\n\"' =", max_size=12), max_size=4))
def test_the_text_of_a_script_is_hashed_as_it_stands(texts: list[str]) -> None:
    html = "<!doctype html><body>" + "".join(f"<script>{text}</script><p>{n}</p>" for n, text in enumerate(texts))
    digests = (base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in texts)
    assert inline_scripts(html.encode()) == tuple(dict.fromkeys(f"'sha256-{digest}'" for digest in digests))


@pytest.mark.parametrize("path", ["/", "/articles", "/articles/x", "/config", "/anything"])
def test_no_policy_names_another_host_or_everything(path: str) -> None:
    policy = policy_for(path, (ALERT,))
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert directives["default-src"] == directives["object-src"] == "'none'"
    assert directives["frame-ancestors"] == "'self'"
    assert "http" not in policy
    assert "*" not in policy
    assert "unsafe-inline" not in directives.get("script-src", "")
