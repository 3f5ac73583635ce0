"""The app: the chat, the articles and the health checks behind one guard, served by uvicorn."""

from __future__ import annotations

import logging
import socket
from importlib.resources import files

import uvicorn
from fastapi import FastAPI
from fastapi.responses import JSONResponse, Response

from medqa.config import Settings
from medqa.engine import Engine, build_engine, index_corpus
from medqa.engine.access import people_of, sessions_of
from medqa.engine.paths import state_root
from medqa.errors import ConfigError, MedqaError
from medqa.state import GapStore
from medqa.surfaces.forgetting import forgetting
from medqa.surfaces.front_page import FrontPage
from medqa.surfaces.given import Keepsakes
from medqa.surfaces.guard import Guard
from medqa.surfaces.journal import note_failure
from medqa.surfaces.lab import lab_routes
from medqa.surfaces.offline import keep_offline
from medqa.surfaces.opinions import opinion_routes
from medqa.surfaces.pages import article_routes
from medqa.surfaces.payload import is_well_formed
from medqa.surfaces.rooms.doors import Doors
from medqa.surfaces.rooms.sign_in import sign_in_routes
from medqa.surfaces.staff import staff_routes
from medqa.surfaces.staff.uploading import BODY_BYTES, UPLOAD_PATH

log = logging.getLogger("medqa.web")

_MEDIA = {".css": "text/css", ".svg": "image/svg+xml", ".js": "text/javascript", ".woff2": "font/woff2"}
_DRAIN_S = 5


def create_app(engine: Engine, settings: Settings) -> FastAPI:
    """The whole app around an engine. Opens neither model nor index by itself."""
    keep_offline()
    import gradio as gr

    from medqa.surfaces.chat import build_chat
    from medqa.surfaces.theme import head, theme

    keepsakes = Keepsakes()

    app = FastAPI(title="medqa", docs_url=None, redoc_url=None, openapi_url=None)
    people = people_of(settings)
    sessions = sessions_of(settings, people)
    app.add_middleware(FrontPage, region=settings.safety.region)
    app.add_middleware(Doors, people=people, sessions=sessions)
    app.add_middleware(
        Guard,
        max_body_bytes=settings.server.max_body_kb * 1024,
        accepts=is_well_formed,
        larger={UPLOAD_PATH: BODY_BYTES},
    )
    _health(app, engine)
    _static(app)
    app.include_router(article_routes(engine))
    app.include_router(opinion_routes(engine, keepsakes))
    app.include_router(sign_in_routes(people, sessions))
    for router in (*staff_routes(engine), *lab_routes(engine)):
        app.include_router(router)
    gr.mount_gradio_app(
        app,
        build_chat(engine, keepsakes),
        path="/",
        footer_links=[],
        run_history=False,
        show_error=False,
        ssr_mode=False,
        enable_monitoring=False,
        mcp_server=False,
        pwa=False,
        theme=theme(),
        head=head(),
    )
    return app


def _health(app: FastAPI, engine: Engine) -> None:
    @app.get("/healthz", include_in_schema=False)
    def healthz() -> JSONResponse:
        return JSONResponse({"status": "ok"})

    @app.get("/readyz", include_in_schema=False)
    def readyz() -> JSONResponse:
        reason = engine.ready()
        if reason is not None:
            return JSONResponse({"ready": False, "reason": reason}, status_code=503)
        try:
            info = engine.index_info()
        except MedqaError as error:  # withdrawn between the two looks
            return JSONResponse({"ready": False, "reason": str(error)}, status_code=503)
        return JSONResponse({"ready": True, "build_id": info.build_id, "articles": info.articles})


def _static(app: FastAPI) -> None:
    folder = files("medqa.surfaces").joinpath("static")
    contents = {entry.name: entry.read_bytes() for entry in folder.iterdir() if entry.is_file()}

    def serve_file(name: str) -> Response:
        if name not in contents:
            return Response("There is no such file.", status_code=404, media_type="text/plain")
        suffix = name[name.rfind(".") :]
        return Response(
            contents[name],
            media_type=_MEDIA.get(suffix, "application/octet-stream"),
            headers={"cache-control": "no-cache"},
        )

    @app.get("/medqa/{name}", include_in_schema=False)
    def asset(name: str) -> Response:
        return serve_file(name)

    @app.get("/favicon.ico", include_in_schema=False)
    def favicon() -> Response:
        return serve_file("mark.svg")


# --- running -------------------------------------------------------------------------------------------


def run(settings: Settings) -> None:
    """Makes sure of an index that fits the articles, then serves until interrupted. `medqa serve`, `app.py`."""
    keep_offline()
    listening = listen(settings.server.host, settings.server.port)
    with listening:
        refresh_index(settings)
        engine = build_engine(settings)
        try:
            serve(settings, engine, listening)
        finally:
            engine.close()


def refresh_index(settings: Settings) -> None:
    """Builds the index where it is missing or behind the articles; unchanged articles take seconds.

    When that fails and a build is there that can answer, it is served as it is and the failure logged:
    a broken new article must not take the chat away. Raises the failure when there is nothing to serve.
    """
    try:
        report = index_corpus(settings, progress=_progress)
    except MedqaError as error:
        engine = build_engine(settings)
        unready = engine.ready()
        engine.close()
        if unready is not None:
            raise
        note_failure("refreshing the index; the one before is served", error)
        return
    for problem in report.problems:
        log.warning("not read: %s", problem)
    state = "built" if report.changed else "unchanged"
    log.info(
        "index %s: %d articles, %d passages (%d embedded) in %.1f s",
        state,
        report.articles,
        report.chunks,
        report.embedded,
        report.seconds,
    )


def _progress(stage: str, done: int, total: int) -> None:
    if done == total:
        log.info("%s: %d of %d", stage, done, total)


def serve(settings: Settings, engine: Engine, listening: socket.socket | None = None) -> None:
    """Serves `engine` until interrupted, on the socket given or on the configured host and port."""
    listening = listening or listen(settings.server.host, settings.server.port)
    app = create_app(engine, settings)
    engine.warm()
    for question in engine.examples(1):  # loads what a search alone does not: rules, words, the composer
        engine.ask(question)
    host, port = listening.getsockname()[:2]
    log.info("medqa is ready: http://%s:%d", f"[{host}]" if ":" in host else host, port)
    config = uvicorn.Config(
        app,
        access_log=False,  # its lines carry query strings; the guard writes its own
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=_DRAIN_S,
    )
    with forgetting(GapStore(state_root(settings)), settings.gaps):
        uvicorn.Server(config).run(sockets=[listening])


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes any free one. Raises `ConfigError` when the place is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
        bound.listen(128)
    except OSError as error:
        bound.close()
        raise ConfigError(
            f"Cannot listen on {host}:{port}: {error.strerror}.",
            remedy=f"Stop what is using it, or choose another: medqa serve --port {port + 1}",
        ) from error
    return bound
