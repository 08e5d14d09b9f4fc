"""The console's page, state, command and socket: permissions, frames, answers, errors."""

import json
import time
import uuid

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client, TransactionTestCase
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from broadcaster.models import Broadcast, Publication
from tests.support.changes import parse_change
from tests.support.contests import president
from tests.support.log import publish
from tests.support.server import LIMIT, ServeProcess
from tests.support.watcher import PollWatcher, WebSocketWatcher

VIEW = {"view": {"focus": "OH"}}


class DeskEndpoints(TransactionTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = cls.enterClassContext(ServeProcess())

    def setUp(self):
        self.slug = f"night-{uuid.uuid4().hex[:8]}"
        self.broadcast = Broadcast.objects.create(
            slug=self.slug, title="Night", contests=president(2020)
        )
        publish(self.broadcast, parse_change({"kind": "start"}))
        self.page = f"/admin/broadcaster/broadcast/{self.broadcast.pk}/console/"

    def staff(self, *permissions, **more):
        """Return a client of a new member of staff who may see broadcasts and has `permissions`."""
        name = f"staff-{uuid.uuid4().hex[:6]}"
        user = get_user_model().objects.create_user(name, is_staff=True, **more)
        codenames = ("view_broadcast", *permissions)
        user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        client = Client()
        client.force_login(user)
        client.user = user
        return client

    def socket(self, client, pk=None):
        path = self.page if pk is None else f"/admin/broadcaster/broadcast/{pk}/console/"
        cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
        socket = connect(
            f"ws://127.0.0.1:{self.server.port}{path}ws",
            origin=self.server.url,
            additional_headers={"Cookie": cookies},
        )
        self.addCleanup(socket.close)
        return socket

    def frame(self, socket, *kinds):
        """Return the next frame of one of these kinds."""
        deadline = time.monotonic() + LIMIT
        while (left := deadline - time.monotonic()) > 0:  # other frames come every second
            frame = json.loads(socket.recv(left))
            if frame["t"] in kinds:
                return frame
        raise AssertionError(f"no {kinds} in {LIMIT} s")

    def command(self, socket, command, number=1, **arguments):
        socket.send(json.dumps({"command": command, "id": number, **arguments}))
        return self.frame(socket, "answer")

    def take(self, socket, change, **more):
        return self.command(socket, "take", change=change, **more)

    def post(self, client, change, **more):
        command = {"command": "take", "change": change, **more}
        return client.post(self.page + "command", json.dumps(command), "application/json")

    def assertClosed(self, socket, code=4003):
        with self.assertRaises(ConnectionClosed) as closed:
            while True:
                socket.recv(10)
        self.assertEqual(closed.exception.rcvd.code, code)

    def test_anonymous_users_reach_nothing(self):
        page = self.client.get(self.page)
        post = self.post(self.client, VIEW)

        self.assertEqual(page.status_code, 302)
        self.assertIn("/admin/login/", page["Location"])
        self.assertEqual(post.status_code, 403)
        self.assertClosed(self.socket(self.client))

    def test_users_who_may_not_see_broadcasts_reach_nothing(self):
        not_staff = self.staff()
        get_user_model().objects.filter(pk=not_staff.user.pk).update(is_staff=False)
        not_permitted = self.staff()
        not_permitted.user.user_permissions.clear()

        self.assertEqual(not_staff.get(self.page).status_code, 302)
        self.assertEqual(not_permitted.get(self.page).status_code, 403)
        for client in (not_staff, not_permitted):
            self.assertEqual(self.post(client, VIEW).status_code, 403)
            self.assertClosed(self.socket(client))

    def test_state_equals_the_frames_of_the_socket(self):
        contributor = self.staff()
        socket = self.socket(contributor)

        state = contributor.get(self.page + "state").json()

        snapshot, rundown = self.frame(socket, "snapshot"), self.frame(socket, "rundown")
        self.assertEqual({"t": "snapshot", **state["snapshot"]}, snapshot)
        rundown["now"] = state["rundown"]["now"]  # differs: it is the time of the answer
        self.assertEqual({"t": "rundown", **state["rundown"]}, rundown)
        self.assertEqual(snapshot["log"][0]["kind"], "start")

    def test_state_is_forbidden_to_users_who_may_not_see_the_console(self):
        not_staff, not_permitted = self.staff(), self.staff()
        get_user_model().objects.filter(pk=not_staff.user.pk).update(is_staff=False)
        not_permitted.user.user_permissions.clear()

        for client in (self.client, not_staff, not_permitted):
            response = client.get(self.page + "state")
            self.assertEqual(response.status_code, 403)
            self.assertEqual([*response.json()], ["error"])

    def test_state_of_no_broadcast_is_not_found(self):
        response = self.staff().get("/admin/broadcaster/broadcast/999999/console/state")
        self.assertEqual(response.status_code, 404)

    def test_user_without_the_permission_cannot_take(self):
        contributor = self.staff()

        page = contributor.get(self.page)
        socket = self.socket(contributor)

        self.assertNotContains(page, 'data-action="take"')
        self.assertEqual(self.frame(socket, "snapshot")["seq"], 1)
        self.assertEqual(self.post(contributor, VIEW).status_code, 403)
        self.assertEqual(self.take(socket, VIEW)["status"], 403)
        self.assertEqual(Publication.objects.filter(broadcast=self.broadcast).count(), 1)

    def test_take_by_socket_is_shown_at_every_desk(self):
        socket = self.socket(self.staff("take_broadcast"))
        other = self.socket(self.staff("take_broadcast"))
        self.frame(socket, "snapshot")
        self.frame(other, "snapshot")

        answer = self.take(socket, VIEW, client_id="one", number="one")
        seen = self.frame(other, "updates")

        self.assertEqual((answer["id"], answer["status"], answer["seq"]), ("one", 201, 2))
        self.assertEqual(seen["updates"][0]["view"]["focus"], "OH")
        taker = Publication.objects.get(broadcast=self.broadcast, seq=2).by.username
        self.assertEqual(seen["updates"][0]["by"], taker)

    def test_same_take_by_socket_and_by_post_is_one_update(self):
        broadcaster = self.staff("take_broadcast")
        socket = self.socket(broadcaster)

        by_socket = self.take(socket, VIEW, client_id="one")
        by_post = self.post(broadcaster, VIEW, client_id="one")

        self.assertEqual(by_post.status_code, 201)
        self.assertEqual(by_post.json()["seq"], by_socket["seq"])
        self.assertEqual(Publication.objects.filter(broadcast=self.broadcast).count(), 2)

    def test_post_needs_the_csrf_token(self):
        broadcaster = self.staff("take_broadcast")
        strict = Client(enforce_csrf_checks=True)
        strict.cookies = broadcaster.cookies

        rejected = self.post(strict, VIEW)
        strict.get(self.page)
        token = strict.cookies["csrftoken"].value
        taken = strict.post(
            self.page + "command",
            json.dumps({"command": "take", "change": VIEW}),
            "application/json",
            headers={"X-CSRFToken": token},
        )

        self.assertEqual(rejected.status_code, 403)
        self.assertEqual(taken.status_code, 201)

    def test_starting_and_ending_need_their_own_permission(self):
        broadcaster = self.staff("take_broadcast")
        editor = self.staff("take_broadcast", "run_broadcast", "correct_broadcast")

        self.assertEqual(self.post(broadcaster, {"kind": "end"}).status_code, 403)
        self.assertNotContains(broadcaster.get(self.page), 'data-action="end"')
        self.assertContains(editor.get(self.page), 'data-action="end"')
        self.assertEqual(self.post(editor, {"kind": "hold"}).status_code, 201)
        held = self.take(self.socket(broadcaster), VIEW)
        self.assertEqual(held["status"], 409)
        self.assertIn("on hold", held["error"])

    def test_withdrawn_permission_takes_effect_at_the_next_command(self):
        broadcaster = self.staff("take_broadcast")
        socket = self.socket(broadcaster)
        self.assertEqual(self.take(socket, VIEW)["status"], 201)

        broadcaster.user.user_permissions.remove(Permission.objects.get(codename="take_broadcast"))

        self.assertEqual(self.take(socket, VIEW)["status"], 403)

    def test_logged_out_user_is_disconnected_at_the_next_command(self):
        broadcaster = self.staff("take_broadcast")
        socket = self.socket(broadcaster)
        self.frame(socket, "snapshot")

        broadcaster.logout()
        socket.send(json.dumps({"command": "take", "id": 1, "change": VIEW}))

        self.assertClosed(socket)
        self.assertEqual(Publication.objects.filter(broadcast=self.broadcast).count(), 1)

    def test_invalid_commands_get_an_error(self):
        socket = self.socket(self.staff("take_broadcast"))
        for text in ("", "{", "[]", "7", '{"command": "take"}', "[" * 5000):
            socket.send(text)
            self.assertEqual(self.frame(socket, "answer")["status"], 400, text[:20])
        socket.send(b"\x00")
        self.assertEqual(self.frame(socket, "answer")["status"], 400)
        socket.send(json.dumps({"command": "explode", "id": 3, "change": {}}))
        self.assertEqual(self.frame(socket, "answer")["status"], 400)
        wrong = self.take(socket, {"view": {"focus": "Mars"}}, number=4)
        self.assertEqual((wrong["id"], wrong["status"], wrong["field"]), (4, 400, "view.focus"))
        self.assertEqual(self.take(socket, VIEW)["status"], 201)
        rejected = self.broadcast.audit.filter(action="refused", via="socket")
        self.assertEqual(rejected.count(), 9)

    def test_update_whose_announcement_was_lost_is_sent(self):
        socket = self.socket(self.staff())
        self.frame(socket, "snapshot")

        publish(self.broadcast, parse_change(VIEW))

        self.assertEqual(self.frame(socket, "updates")["seq"], 2)

    def test_viewers_are_counted_live_by_transport(self):
        socket = self.socket(self.staff())
        watcher = WebSocketWatcher(self.server, self.slug)
        self.addCleanup(watcher.close)
        poll = PollWatcher(self.server, self.slug)
        watcher.follow_to(1)
        poll.follow_to(1)

        while (frame := self.frame(socket, "viewers"))["ws"] != 1:
            pass
        watcher.close()
        while (frame := self.frame(socket, "viewers"))["ws"] != 0:
            pass

        self.assertEqual(frame["processes"], 1)

    def test_console_of_no_broadcast_is_not_found(self):
        self.assertClosed(self.socket(self.staff(), pk=999999), 4044)
        self.assertEqual(
            self.staff().get("/admin/broadcaster/broadcast/999999/console/").status_code, 404
        )

    def test_command_with_a_lone_surrogate_is_answered(self):
        socket = self.socket(self.staff("take_broadcast"))
        self.frame(socket, "snapshot")

        socket.send('{"command": "take", "id": "\\ud800", "change": {"view": {"focus": "OH"}}}')
        answer = self.frame(socket, "answer")

        self.assertEqual((answer["id"], answer["status"]), ("\ud800", 201))

    def test_two_takes_of_one_cue_make_one_update(self):
        editor = self.staff("prepare_broadcast", "take_broadcast")
        sockets = [self.socket(editor), self.socket(self.staff("take_broadcast"))]
        prepared = self.command(self.socket(editor), "prepare", title="Ohio", change=VIEW)
        for socket in sockets:
            while not (cues := self.frame(socket, "rundown")["cues"]):
                pass
            self.assertEqual((cues[0]["id"], cues[0]["taken"]), (prepared["cue"], None))

        for socket in sockets:
            socket.send(json.dumps({"command": "take_cue", "cue": prepared["cue"], "version": 1}))
        answers = []
        for socket in sockets:
            while (frame := self.frame(socket, "rundown", "answer"))["t"] == "rundown":
                taken = frame["cues"][0]["taken"]
            answers.append(frame | {"taken before": taken})
        answers.sort(key=lambda answer: answer["status"])

        self.assertEqual([answer["status"] for answer in answers], [201, 409])
        taker = Publication.objects.get(broadcast=self.broadcast, seq=2).by
        self.assertEqual(answers[1]["error"], f"Already taken by {taker}, update 2.")
        self.assertEqual(Publication.objects.filter(broadcast=self.broadcast).count(), 2)
        for answer in answers:
            self.assertEqual(answer["taken before"]["by"], str(taker))
