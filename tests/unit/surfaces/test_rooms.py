"""The doors of the rooms: who gets past, who does not, and what the sign-in takes and gives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from medqa.config import load_settings
from medqa.engine.access import people_of, sessions_of
from medqa.errors import BuildError, ConfigError, StateError
from medqa.state import People, Role, hash_password
from medqa.surfaces.guard import Guard
from medqa.surfaces.rooms.doors import COOKIE, Doors
from medqa.surfaces.rooms.forms import Form, form_of
from medqa.surfaces.rooms.paths import room_of
from medqa.surfaces.rooms.shell import room_page, room_router, see_other
from medqa.surfaces.rooms.sign_in import Tries, sign_in_routes

PASSWORD = "four words in a row"
HTML = {"accept": "text/html"}
OURS = {"origin": "http://testserver"}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rooms")
    people = People(folder)
    people.add("sam", PASSWORD, [Role.STAFF], actor="test")
    people.add("tess", PASSWORD, [Role.TESTER], actor="test")
    people.add("ada", PASSWORD, [Role.ADMIN], actor="test")
    return folder


def app(root: Path, tries: Tries | None = None) -> FastAPI:
    """Doors and sign-in around a page that is guarded twice, and one whose author forgot to."""
    settings = load_settings(index_dir=root)
    people = people_of(settings)
    sessions = sessions_of(settings, people)
    served = FastAPI()
    desk = room_router(Role.STAFF)

    @desk.get("/staff/page")
    def page(request: Request) -> HTMLResponse:
        return room_page(request, "rooms/failed.html", what="It is here.", remedy="")

    @desk.get("/staff/broken")
    def broken(request: Request) -> HTMLResponse:
        raise BuildError("The shelf fell down.", remedy="Put it up.")

    @desk.post("/staff/change")
    async def change(request: Request) -> HTMLResponse:
        return HTMLResponse((await form_of(request)).text("text"))

    @served.get("/lab/forgotten")
    def forgotten() -> str:
        return "a secret"

    served.include_router(desk)
    served.include_router(sign_in_routes(people, sessions, tries))
    served.add_middleware(Doors, people=people, sessions=sessions)
    served.add_middleware(Guard, max_body_bytes=10_000, accepts=lambda path, body: True)
    return served


@pytest.fixture
def nobody(root: Path) -> Iterator[TestClient]:
    with TestClient(app(root), follow_redirects=False) as client:
        yield client


def signed_in(client: TestClient, name: str, password: str = PASSWORD, to: str = "") -> TestClient:
    answer = client.post("/sign-in", data={"name": name, "password": password, "to": to}, headers=OURS)
    assert answer.status_code == 303, answer.text
    return client


PLACES = ("/staff", "/staff/", "/staff/page", "/staff/nothing", "/lab", "/lab/forgotten", "/staff/page?x=1")


@pytest.mark.parametrize("path", PLACES)
def test_nobody_is_refused_and_a_person_is_led_to_the_sign_in(nobody: TestClient, path: str) -> None:
    assert nobody.get(path).status_code == 401
    led = nobody.get(path, headers=HTML)
    assert led.status_code == 303
    assert led.headers["location"].startswith("/sign-in?to=")
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert nobody.request(method, path, headers=OURS).status_code == 401
        assert nobody.request(method, path).status_code == 403
    assert "secret" not in nobody.get(path).text


@pytest.mark.parametrize("path", [*PLACES, "/sign-in", "/sign-out"])
def test_without_people_the_rooms_do_not_exist(tmp_path: Path, path: str) -> None:
    with TestClient(app(tmp_path)) as client:
        for method in ("GET", "POST"):
            answer = client.request(method, path, headers=HTML | OURS)
            assert (answer.status_code, answer.json()) == (404, {"detail": "Not Found"})
            assert answer.json() == client.get("/no/such/page").json()


def test_each_role_enters_its_own_room(root: Path) -> None:
    for name, desk, lab in (("sam", 200, 403), ("tess", 403, 200), ("ada", 200, 200)):
        with TestClient(app(root), follow_redirects=False) as client:
            signed_in(client, name)
            assert (client.get("/staff/page").status_code, client.get("/lab/forgotten").status_code) == (desk, lab)


def test_a_refusal_is_a_page_with_a_way_out(nobody: TestClient) -> None:
    refused = signed_in(nobody, "tess").get("/staff/page", headers=HTML)
    assert refused.status_code == 403
    assert "for people with the role staff" in refused.text
    assert 'action="/sign-out"' in refused.text


def test_the_cookie_is_out_of_reach_and_the_pages_are_not_kept(nobody: TestClient) -> None:
    answer = nobody.post("/sign-in", data={"name": "sam", "password": PASSWORD}, headers=OURS)
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith(COOKIE)
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "secure" not in cookie
    page = nobody.get("/staff/page")
    assert page.headers["cache-control"] == "no-store"
    assert "script-src 'self';" in page.headers["content-security-policy"]
    assert "unsafe" not in page.headers["content-security-policy"]
    assert page.headers["referrer-policy"] == "same-origin"


def test_over_https_the_cookie_is_secure(root: Path) -> None:
    with TestClient(app(root), base_url="https://testserver", follow_redirects=False) as client:
        answer = client.post(
            "/sign-in", data={"name": "sam", "password": PASSWORD}, headers={"origin": "https://testserver"}
        )
        assert "; secure" in answer.headers["set-cookie"].lower()


def test_one_gets_where_one_wanted_to_and_never_elsewhere(root: Path) -> None:
    wanted = {"": "/staff", "lab": "/lab", "staff": "/staff", "https://evil.example": "/staff", "/lab": "/staff"}
    with TestClient(app(root), follow_redirects=False) as client:
        for to, place in wanted.items():
            answer = client.post("/sign-in", data={"name": "ada", "password": PASSWORD, "to": to}, headers=OURS)
            assert answer.headers["location"] == place
        assert client.get("/sign-in", headers=HTML).headers["location"] == "/staff"
        answer = client.post("/sign-in", data={"name": "tess", "password": PASSWORD, "to": "staff"}, headers=OURS)
        assert answer.headers["location"] == "/lab", "nobody is sent to a door that stays shut"


def test_a_wrong_password_says_no_more_than_that(nobody: TestClient) -> None:
    pages = [
        nobody.post("/sign-in", data={"name": name, "password": "wrong"}, headers=OURS).text.replace(name, "NAME")
        for name in ("sam", "nobodyofthatname")
    ]
    assert pages[0] == pages[1]
    assert "do not go together" in pages[0]
    assert COOKIE not in nobody.cookies


def test_what_was_typed_as_a_name_is_text(nobody: TestClient) -> None:
    answer = nobody.post("/sign-in", data={"name": '"><script>x</script>', "password": "x"}, headers=OURS)
    assert "<script>x" not in answer.text


def test_failed_tries_are_limited_and_the_right_password_forgives(root: Path) -> None:
    with TestClient(app(root), follow_redirects=False) as client:

        def tried(password: str, name: str = "sam") -> int:
            return client.post("/sign-in", data={"name": name, "password": password}, headers=OURS).status_code

        assert [tried("wrong") for _ in range(4)] == [401] * 4
        assert tried(PASSWORD) == 303
        assert [tried("wrong") for _ in range(6)] == [401] * 5 + [429]
        assert tried(PASSWORD) == 429, "the right one is not told apart while the door is shut"
        assert tried(PASSWORD, "tess") == 303, "others are let in"


def test_one_address_cannot_go_through_all_names() -> None:
    tries = Tries()
    assert sum(tries.admit(f"name{n}", "10.0.0.1") for n in range(200)) == 60
    assert tries.admit("name", "10.0.0.2")


def test_one_name_cannot_be_tried_from_everywhere() -> None:
    tries = Tries()
    assert sum(tries.admit("sam", f"10.0.0.{n}") for n in range(200)) == 50


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "null"},
        {"origin": "http://evil.example"},
        {"origin": "http://testserver.evil.example"},
        {"sec-fetch-site": "cross-site", "origin": "http://testserver"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
    ],
)
def test_a_change_is_taken_from_our_own_pages_alone(nobody: TestClient, headers: dict[str, str]) -> None:
    signed_in(nobody, "sam")
    assert nobody.post("/staff/change", data={"text": "x"}, headers=headers).status_code == 403
    assert nobody.post("/sign-in", data={"name": "sam", "password": PASSWORD}, headers=headers).status_code == 403


@pytest.mark.parametrize("headers", [{"sec-fetch-site": "same-origin"}, {"origin": "http://testserver"}])
def test_our_own_pages_may(nobody: TestClient, headers: dict[str, str]) -> None:
    signed_in(nobody, "sam")
    assert nobody.post("/staff/change", data={"text": "x & y"}, headers=headers).text == "x & y"


def test_signing_out_shuts_the_door(nobody: TestClient) -> None:
    signed_in(nobody, "sam")
    token = nobody.cookies[COOKIE]
    assert nobody.post("/sign-out", headers=OURS).headers["location"] == "/sign-in"
    assert COOKIE not in nobody.cookies
    nobody.cookies.set(COOKIE, token)
    assert nobody.get("/staff/page").status_code == 401


def test_an_error_of_ours_is_a_page_with_the_next_step(nobody: TestClient) -> None:
    signed_in(nobody, "sam")
    page = nobody.get("/staff/broken", headers=HTML)
    assert page.status_code == 503
    assert "The shelf fell down." in page.text
    assert "Put it up." in page.text
    assert nobody.get("/staff/broken").text == "The shelf fell down. Put it up."


def test_a_page_outside_the_doors_opens_to_nobody() -> None:
    served = FastAPI()
    desk = room_router(Role.STAFF)

    @desk.get("/elsewhere")
    def page() -> str:
        return "a secret"

    served.include_router(desk)
    assert TestClient(served).get("/elsewhere").status_code == 401


def test_a_state_file_that_cannot_be_read_lets_nobody_in(nobody: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    signed_in(nobody, "sam")

    def damaged(*_: object) -> object:
        raise StateError("The disk is gone.")

    monkeypatch.setattr("medqa.state.sessions.Sessions.person", damaged)
    assert nobody.get("/staff/page", headers=HTML).status_code == 503
    assert nobody.get("/lab/forgotten").status_code == 503


@pytest.mark.parametrize(
    ("path", "room"),
    [
        ("/staff", "staff"),
        ("/STAFF/x", "staff"),
        ("//lab//x", "lab"),
        ("/sign-in", "sign-in"),
        ("/staffing", ""),
        ("/", ""),
        ("/articles/staff", ""),
        ("", ""),
    ],
)
def test_the_room_of_a_path(path: str, room: str) -> None:
    assert room_of(path) == room


@given(st.sampled_from(["staff", "lab", "Staff", "LAB"]), st.text(max_size=20))
def test_nothing_below_a_room_is_outside_it(first: str, rest: str) -> None:
    assert room_of(f"/{first}/{rest}") == first.lower()


def test_a_name_twice_in_the_settings_is_refused(tmp_path: Path) -> None:
    user = {"name": "Sam", "password_hash": hash_password(PASSWORD), "roles": ["staff"]}
    settings = load_settings(index_dir=tmp_path, access={"users": [user, user | {"name": "sam"}]})
    with pytest.raises(ConfigError, match="more than once"):
        people_of(settings)


def test_people_of_the_settings_sign_in(tmp_path: Path) -> None:
    users = [{"name": "Sam", "password_hash": hash_password(PASSWORD), "roles": ["staff"]}]
    people = people_of(load_settings(index_dir=tmp_path, access={"users": users}))
    account = people.check("sam", PASSWORD)
    assert account is not None
    assert account.person.may(Role.STAFF)


@pytest.mark.parametrize(
    "user",
    [
        {"name": "sam", "password_hash": "plain", "roles": ["staff"]},
        {"name": "sam", "password_hash": "$argon2id$x", "roles": []},
        {"name": "sam", "password_hash": "$argon2id$x", "roles": ["king"]},
    ],
)
def test_the_settings_take_no_plain_password_and_no_other_role(tmp_path: Path, user: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        load_settings(index_dir=tmp_path, access={"users": [user]})


def pairs(fields: Sequence[tuple[str, str]]) -> Form:
    return Form(tuple(fields))


def test_fields_of_a_form() -> None:
    form = pairs([("a", " x "), ("b", "1\r\n2"), ("a", "y"), ("n", "12"), ("m", "-1"), ("o", "٣")])
    assert form.get("a") == "x"
    assert form.all("a") == (" x ", "y")
    assert form.text("b") == "1\n2"
    assert (form.number("n"), form.number("m", 7), form.number("o"), form.number("none")) == (12, 7, 0, 0)


def test_after_a_change_the_browser_is_sent_on() -> None:
    answer = see_other("/staff")
    assert (answer.status_code, answer.headers["location"]) == (303, "/staff")
