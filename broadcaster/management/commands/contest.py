"""manage.py contest: import, export and list contests."""

import sys
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from broadcaster.desk import contests
from broadcaster.domain.document import InvalidDocument
from broadcaster.domain.rejection import InvalidInput
from broadcaster.models import ContestDocument, Via
from broadcaster.publishing.actor import Actor


class Command(BaseCommand):
    help = "Import a contest from a JSON file, export one, or list all. See docs/contests.md."

    def add_arguments(self, parser):
        actions = parser.add_subparsers(dest="action", required=True)
        importing = actions.add_parser("import", help="store a contest, or change the stored one")
        importing.add_argument("file", help="its JSON; - reads standard input")
        exporting = actions.add_parser("export", help="write a contest as JSON")
        exporting.add_argument("id")
        actions.add_parser("list", help="list all contests: id, races, size, threshold, title")

    def handle(self, *, action, file="", id="", **options):
        if action == "import":
            self.import_file(file)
        elif action == "export":
            self.stdout.write(contests.encode_file(self.stored(id).document), ending="")
        else:
            self.list()

    def import_file(self, file: str) -> None:
        try:
            content = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from error
        by = Actor(None, Via.COMMAND)
        try:
            contest = contests.parse(contests.decode_file(content))
            before = ContestDocument.objects.filter(slug=contest.id).first()
            if before is None:
                contests.make(contest, by)
                self.stdout.write(f"{contest.id}: made")
                return
            after = contests.change(contest.id, None, contest, by)
        except InvalidDocument as error:
            raise CommandError("\n".join(map(str, error.problems))) from error
        except InvalidInput as error:
            raise CommandError(str(error)) from error
        changed = after.version != before.version
        words = f"changed, version {after.version}" if changed else "as it was"
        self.stdout.write(f"{contest.id}: {words}")

    def list(self) -> None:
        for stored in ContestDocument.objects.all():
            contest = stored.document
            threshold = f"{contest.to_win} to win" if contest.to_win else "no threshold"
            self.stdout.write(
                f"{contest.id:24} {len(contest.races):4} races  "
                f"{contest.size:5} {contest.counting}, {threshold}  {contest.title}"
            )

    def stored(self, id: str) -> ContestDocument:
        found = ContestDocument.objects.filter(slug=id).first()
        if found is None:
            raise CommandError(f"there is no contest {id}; manage.py contest list shows all")
        return found
