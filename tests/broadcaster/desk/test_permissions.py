"""Permissions: every page and every command of the desk, for every role."""

from datetime import timedelta

from django.contrib.admin import site
from django.test import Client, TestCase
from django.urls import reverse
from django.utils import timezone

from broadcaster.desk.commands import COMMANDS
from broadcaster.desk.permissions import BROADCASTER, CONTRIBUTOR, EDITOR
from broadcaster.models import ApiToken, AuditEntry, Broadcast, ContestDocument, Cue, Publication
from broadcaster.publishing.history import milliseconds
from tests.support.changes import parse_change
from tests.support.contests import CHOSEN, president
from tests.support.log import publish
from tests.support.staff import staff

ROLES = {"stranger": None, "contributor": CONTRIBUTOR, "broadcaster": BROADCASTER, "editor": EDITOR}
SEE = "contributor broadcaster editor"
PAGES = {
    "broadcast_changelist": SEE,
    "broadcast_change": SEE,
    "broadcast_history": SEE,
    "broadcast_console": SEE,
    "broadcast_state": SEE,
    "broadcast_recording": SEE,
    "broadcast_download": SEE,
    "broadcast_rundown": SEE,
    "broadcast_rundown_csv": SEE,
    "broadcast_rundown_json": SEE,
    "broadcast_copy": "editor",
    "broadcast_import": "editor",
    "broadcast_add": "editor",
    "broadcast_delete": "editor",
    "contestdocument_changelist": SEE,
    "contestdocument_change": SEE,
    "contestdocument_history": SEE,
    "contestdocument_download": SEE,
    "contestdocument_races": SEE,
    "contestdocument_add": "editor",
    "contestdocument_delete": "editor",
    "publication_changelist": SEE,
    "publication_change": SEE,
    "publication_history": SEE,
    "publication_add": "",
    "publication_delete": "",
    "auditentry_changelist": SEE,
    "auditentry_change": SEE,
    "auditentry_history": SEE,
    "auditentry_export": SEE,
    "auditentry_add": "",
    "auditentry_delete": "",
    "apitoken_changelist": "editor",
    "apitoken_change": "editor",
    "apitoken_history": "editor",
    "apitoken_add": "editor",
    "apitoken_delete": "",
}
"""The roles that may open each page. Others get 403, anonymous users the login page."""

JSON_PAGES = {"broadcast_state"}
"""Pages for scripts: anonymous users get 403, too."""

POSTS = {
    "broadcast_rebroadcast": "editor",
    "broadcast_cancel": "editor",
}
"""The roles that may post to each address without a page, the commands' address left out."""

CALL = {
    "calls": {"president": {"PA": {"status": "called", "party": "D"}}},
    "story": {"headline": "Pennsylvania"},
}
VIEW = {"view": {"focus": "OH"}}
TAKES = {
    "update": ("broadcaster editor", VIEW),
    "hold": ("broadcaster editor", {"kind": "hold"}),
    "resume": ("broadcaster editor", {"kind": "resume"}),
    "end": ("editor", {"kind": "end"}),
    "start": ("editor", {"kind": "start"}),
    "correct": (
        "editor",
        {
            "kind": "correct",
            "corrects": 2,
            "reason": "Too early",
            "calls": {"president": {"PA": {"status": "retracted"}}},
            "story": {"headline": "Not called"},
        },
    ),
}
COMMAND = {
    "prepare": ("contributor broadcaster editor", {"title": "Cue", "change": VIEW}),
    "edit": ("contributor broadcaster editor", {"version": 1, "title": "Cue", "change": CALL}),
    "move": ("contributor broadcaster editor", {}),
    "remove": ("contributor broadcaster editor", {}),
    "take_cue": ("broadcaster editor", {"version": 1}),
    "undo_view": ("broadcaster editor", {}),
    "confirm": ("editor", {"version": 1}),
    "decline": ("editor", {}),
    "schedule": ("editor", {"version": 1, "at": None}),
    "unschedule": ("broadcaster editor", {}),
}
"""The roles that may run each command, and its arguments besides the cue."""


class PermissionMatrix(TestCase):
    def setUp(self):
        self.clients = {"anonymous": Client()}
        for name, group in ROLES.items():
            self.clients[name] = Client()
            self.clients[name].force_login(staff(name, group))
        self.boss = staff("boss", EDITOR)
        self.night = Broadcast.objects.create(slug="night", title="Night", contests=president(2020))
        publish(self.night, parse_change({"kind": "start"}))
        publish(self.night, parse_change(CALL))
        ApiToken.issue(self.boss)
        self.unaired = Broadcast.objects.create(
            slug="unaired", title="Unaired", contests=president(2020)
        )

    def command(self, client, **command):
        address = reverse("admin:broadcaster_broadcast_command", args=[self.night.pk])
        return client.post(address, command, "application/json")

    def test_pages_open_for_the_roles_in_the_table(self):
        self.command(self.clients["editor"], command="take", change=VIEW)  # for the audit
        rows = {
            "publication": Publication.objects.first(),
            "auditentry": AuditEntry.objects.first(),
            "apitoken": ApiToken.objects.first(),
            "contestdocument": ContestDocument.objects.first(),
        }
        for page, allowed in PAGES.items():
            row = self.unaired if page == "broadcast_delete" else rows.get(page.split("_")[0])
            many = page.split("_")[1] in ("changelist", "add", "import", "export")
            arguments = [] if many else [(row or self.night).pk]
            for name, client in self.clients.items():
                with self.subTest(page=page, role=name):
                    address = reverse(f"admin:broadcaster_{page}", args=arguments)
                    response = client.get(address, follow=name != "anonymous")
                    to_login = name == "anonymous" and page not in JSON_PAGES
                    expected = 302 if to_login else 403
                    expected = 200 if name in allowed.split() else expected
                    self.assertEqual(response.status_code, expected)
                    if expected == 302:
                        self.assertIn("/admin/login/", response["Location"])

    def test_tables_have_every_page(self):
        names = {
            url.name.removeprefix("broadcaster_")
            for model, model_admin in site._registry.items()
            if model._meta.app_label == "broadcaster"
            for url in model_admin.get_urls()
            if url.name
        }
        self.assertEqual(names, {*PAGES, *POSTS, "broadcast_command"})

    def test_posts_work_for_the_roles_in_the_table(self):
        publish(self.night, parse_change({"kind": "end"}))
        now = timezone.now()
        again = self.night.rebroadcasts.create(
            epoch=self.night.epoch,
            seq=self.night.seq,
            starts_at=now,
            ends_at=now + timedelta(hours=1),
            by=self.boss,
        )
        for name, client in self.clients.items():
            for post, allowed in POSTS.items():
                with self.subTest(post=post, role=name):
                    number = [again.pk] if post == "broadcast_cancel" else []
                    address = reverse(f"admin:broadcaster_{post}", args=[self.night.pk, *number])
                    response = client.post(address)
                    expected = (200, 302) if name in allowed.split() else (403,)
                    self.assertIn(response.status_code, (302,) if name == "anonymous" else expected)
            again.refresh_from_db()
            self.assertEqual(again.cancelled_at is not None, name == "editor")

    def test_forms_can_be_posted_only_by_the_editor(self):
        form = {"title": "New", "slug": "one", **CHOSEN, "approval": "never"}
        for name, client in self.clients.items():
            allowed = name == "editor"
            for page, arguments, data in [
                ("broadcast_change", [self.unaired.pk], form),
                ("broadcast_add", [], {**form, "slug": "two"}),
                ("broadcast_delete", [self.unaired.pk], {"post": "yes"}),
            ]:
                with self.subTest(page=page, role=name):
                    before = list(Broadcast.objects.values("pk", "title").order_by("pk"))
                    client.post(reverse(f"admin:broadcaster_{page}", args=arguments), data)
                    after = list(Broadcast.objects.values("pk", "title").order_by("pk"))
                    self.assertEqual(before != after, allowed)
            archive = {"action": "archive", "_selected_action": [self.night.pk]}
            client.post(reverse("admin:broadcaster_broadcast_changelist"), archive)
        refused = AuditEntry.objects.filter(broadcast=self.night, action="refused")
        self.assertEqual([entry.who for entry in refused], ["editor"])  # it is on air

    def test_commands_work_for_the_roles_in_the_table(self):
        self.assertEqual({*COMMAND, "take"}, set(COMMANDS))
        later = milliseconds(timezone.now()) + 3_600_000
        for command, (allowed, arguments) in COMMAND.items():
            for name, client in self.clients.items():
                with self.subTest(command=command, role=name):
                    cue = Cue.objects.create(
                        broadcast=self.night,
                        rank=1,
                        title="Cue",
                        change=parse_change(VIEW),
                        by=self.boss,
                    )
                    if command in ("confirm", "decline"):
                        cue.asked_by = self.boss
                    if command == "unschedule":
                        cue.due_at = timezone.now()
                    cue.save()
                    given = {"at": later} if "at" in arguments else {}
                    if command not in ("prepare", "undo_view"):
                        given["cue"] = cue.pk
                    answer = self.command(client, command=command, **(arguments | given))
                    self.assert_permission(name, allowed, answer)
                    publish(self.night, parse_change({"view": {"focus": ""}}))

    def test_takes_work_for_the_roles_in_the_table(self):
        self.assertEqual(len(TAKES), 6)
        for kind, (allowed, change) in TAKES.items():
            for name, client in self.clients.items():
                with self.subTest(kind=kind, role=name):
                    answer = self.command(client, command="take", change=change)
                    self.assert_permission(name, allowed, answer)

    def assert_permission(self, name, allowed, answer):
        """Assert that an allowed command is done, or rejected only for the state of the map (409).

        Any other command must be answered with 403, and be audited unless the user is anonymous.
        """
        refused = AuditEntry.objects.filter(action="refused", who=name)
        if name in allowed.split():
            self.assertIn(answer.status_code, (200, 201, 409), answer.content)
        else:
            self.assertEqual(answer.status_code, 403, answer.content)
            self.assertEqual(refused.count() > 0, name != "anonymous")
            newest = refused.first()
            self.assertTrue(newest is None or answer.json()["error"] in newest.detail)
