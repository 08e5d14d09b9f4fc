"""The admin of API tokens: made, shown once, and revoked."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from broadcaster.admin.records import ReadOnlyAdmin, actor
from broadcaster.desk.tokens import issue, revoke
from broadcaster.models import ApiToken
from broadcaster.models.broadcast import validate_text


class TokenForm(forms.Form):
    """A new token. Administrators choose its user; a token of other users is for themselves.

    A token has all permissions of its user, so it would lend an editor those of somebody else.
    """

    user = forms.ModelChoiceField(
        queryset=get_user_model().objects.filter(is_active=True).order_by("username"),
        help_text="For whom it acts, with that user's permissions.",
    )
    note = forms.CharField(
        required=False,
        max_length=120,
        validators=[validate_text],
        help_text="Its purpose, such as “AP feed”.",
    )
    direct = forms.BooleanField(
        required=False, help_text="Calls of a feed go on air directly, not into the rundown."
    )

    def __init__(self, user: Any, data: Any = None) -> None:
        super().__init__(data, initial={"user": user})
        field = self.fields["user"]
        field.disabled = not user.is_superuser


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnlyAdmin):
    list_display = ["user", "note", "direct", "created_at", "revoked_at"]
    actions = ["revoke"]

    def has_add_permission(self, request, obj=None):
        return self.has_revoke_permission(request)

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("broadcaster.change_apitoken")

    def add_view(self, request, form_url="", extra_context=None):
        """Make a token, and show it on the page that answers: it is stored nowhere."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = TokenForm(request.user, request.POST if request.method == "POST" else None)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "New API token",
            "form": form,
        }
        if request.method == "POST" and form.is_valid():
            owner = form.cleaned_data["user"]
            token = issue(
                owner, form.cleaned_data["note"], form.cleaned_data["direct"], actor(request)
            )
            context |= {"token": token, "owner": owner}
        response: HttpResponse = render(request, "broadcaster/new_token.html", context)
        return response

    @admin.action(description="Revoke the selected tokens", permissions=["revoke"])
    def revoke(self, request: HttpRequest, tokens: QuerySet[ApiToken]) -> None:
        revoked = revoke(tokens, actor(request))
        self.message_user(request, f"{revoked} revoked. The API rejects them from now on.")
