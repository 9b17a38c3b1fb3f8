"""What Slack's errors mean for a delivery: whether to try again, and what to say of them.

The words are those of https://docs.slack.dev/reference/methods/chat.postMessage and of the other
methods that are called.
"""

from collections.abc import Mapping

_NOBODY = "Slack knows nobody with this e-mail address"
_NO_TOKEN = "Slack does not accept the token; whoever runs this server has to renew it"
_TOO_LONG = "Slack does not take the message"
FINAL: Mapping[str, str] = {
    "channel_not_found": "there is no such channel, or the app is not invited to it",
    "is_archived": "the channel is archived",
    "users_not_found": _NOBODY,
    "user_not_found": _NOBODY,
    "user_disabled": "this person's account in Slack is deactivated",
    "user_not_visible": "the app may not see this person",
    "cannot_dm_bot": "that is a bot, which reads no messages",
    "messages_tab_disabled": "the app does not allow messages to people; see the manifest",
    "invalid_email": _NOBODY,
    "restricted_action": "the workspace does not let the app post there",
    "restricted_action_read_only_channel": "the channel is read-only",
    "restricted_action_thread_only_channel": "the channel takes threads only",
    "restricted_action_non_threadable_channel": "the channel takes no such messages",
    "msg_too_long": _TOO_LONG,
    "msg_blocks_too_long": _TOO_LONG,
    "invalid_blocks": _TOO_LONG,
    "invalid_blocks_format": _TOO_LONG,
    "no_text": _TOO_LONG,
}
"""Nobody mends these by waiting: the destination leads nowhere, or we say it wrong."""

MENDABLE: Mapping[str, str] = {
    "not_in_channel": "the app is not in the channel: invite it there",
    "invalid_auth": _NO_TOKEN,
    "not_authed": _NO_TOKEN,
    "account_inactive": _NO_TOKEN,
    "token_revoked": _NO_TOKEN,
    "token_expired": _NO_TOKEN,
    "not_allowed_token_type": _NO_TOKEN,
    "missing_scope": "the app lacks a scope; see the manifest",
    "no_permission": "the workspace does not let the app do this",
    "ratelimited": "Slack wants us to be slower",
    "rate_limited": "Slack wants us to be slower",
    "message_limit_exceeded": "Slack wants us to be slower",
}
"""Somebody or time mends these within days; what is not named here is taken for such, too."""

NOTHING_TO_REFRESH = frozenset(
    {"message_not_found", "cant_update_message", "edit_window_closed", "channel_not_found"}
    | {"is_archived", "is_inactive", "not_in_channel"}
)
"""What was posted is gone, or stands where nobody writes any more: nobody is misled by it."""


def sentence(error: str) -> str:
    """Return what went wrong, with Slack's own word for it."""
    words = FINAL.get(error) or MENDABLE.get(error)
    return f"Slack: {error}" if words is None else f"{words} ({error})"
