"""What the support desk and the lab share: doors, sign-in, the shell of their pages and their forms.

To add a page to a room:

1. Write ``surfaces/staff/NAME.py`` (or ``surfaces/lab/NAME.py``) with a function ``NAME_routes(engine) -> APIRouter``
   that makes its router with `room_router(Role.STAFF)` and declares whole paths such as ``/staff/inbox``. Forms are
   read with `form_of`, pages returned with `room_page(request, "staff/NAME.html", ...)`, and after a change the browser
   is sent on with `see_other`. A `MedqaError` that leaves a route becomes a page that says what happened.
2. Extend ``rooms/room.html`` in the template: blocks ``title``, ``head`` (scripts are files, see `content_policy`) and
   ``main``.
3. Add one line to `shell.NAVIGATION`, and the router to the list of its room (``staff/__init__.py``).

`doors.Doors` refuses everything under a room's path before any route is looked up, so that a page that forgets its
role still is not open to anybody else; `room_router` asks again.
"""
