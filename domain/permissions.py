"""The table of who may do what; the page on permissions is written from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from domain.api_keys import Scope
from domain.members import WORKING, TeamRole


class Action(StrEnum):
    """What can be asked of the server; routes name one each."""

    READ = "read"
    COMPARE = "compare"
    """Documents that are nobody's: it costs time and changes nothing."""
    CREATE_ASSET = "create_asset"
    CHANGE_ASSET = "change_asset"
    ASSIGN_ASSET = "assign_asset"
    RECEIVE_ASSET = "receive_asset"
    """The other side of it: a team gets what it answers for from now on."""
    DELETE_ASSET = "delete_asset"
    PUBLISH = "publish"
    WITHDRAW = "withdraw"
    CONFIRM = "confirm"
    CHANGE_POLICY = "change_policy"
    LOOSEN_POLICY = "loosen_policy"
    """Consumers are asked about less, or later: the part of a change of policy that harms them."""
    CHANGE_DESTINATION = "change_destination"
    REGISTER = "register"
    ACKNOWLEDGE = "acknowledge"
    COMMENT = "comment"
    CHANGE_MEMBERS = "change_members"
    READ_DESTINATION = "read_destination"
    READ_KEYS = "read_keys"
    CREATE_KEYS = "create_keys"
    ROTATE_KEYS = "rotate_keys"
    REVOKE_KEYS = "revoke_keys"
    GRANT_ADMIN = "grant_admin"
    """Make a key of the scope `admin`."""
    FORCE = "force"
    ASK_AGAIN = "ask_again"
    EXTEND = "extend"
    REASSIGN = "reassign"
    """Say who reads an asset in the place of a team that is asked."""
    CANCEL = "cancel"
    RENAME_TEAM = "rename_team"
    CREATE_TEAM = "create_team"
    DELETE_TEAM = "delete_team"
    CHANGE_USERS = "change_users"
    READ_SESSIONS = "read_sessions"
    END_SESSIONS = "end_sessions"
    LINK_PASSWORD = "link_password"
    """Make a link by which a user sets a password."""
    CHANGE_PASSWORD = "change_password"
    INSTALL_SLACK = "install_slack"
    VERIFY_LOG = "verify_log"
    """Read the whole log, which takes as long as it is."""


_OWNING = frozenset({TeamRole.OWNER})
_NOBODYS: frozenset[TeamRole] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Who may do an action besides administrators, who may do all of them."""

    says: str
    scope: Scope
    everybody: bool = False
    """Whether any credential of the scope will do."""
    team: str = ""
    """Which team counts, in words."""
    roles: frozenset[TeamRole] = _NOBODYS
    """What one must be in that team."""
    oneself: bool = False
    """Whether the user whom it is about may do it too."""
    in_person: bool = False
    """Whether that user must have signed in: what is made with a key could outlive the key."""
    itself: bool = False
    """Whether the key that it is about may do it too."""

    @property
    def who(self) -> str:
        """Return for whom it is, as a part of a sentence."""
        if self.everybody:
            return "everybody"
        user = "the user once signed in" if self.in_person else "the user"
        if not self.roles:
            return f"{user} and administrators" if self.oneself else "administrators"
        who = " and ".join(f"{role.value}s" for role in TeamRole if role in self.roles)
        also = (f", and {user}" if self.oneself else "") + (
            ", and the key itself" if self.itself else ""
        )
        return f"{who} of {self.team}{also}"


_READ, _WRITE, _ADMIN = Scope.READ, Scope.WRITE, Scope.ADMIN
_OWNER_TEAM = "the team that owns the asset"
_KEYS_TEAM = "the team that a key is for"
RULES: Mapping[Action, Rule] = {
    Action.READ: Rule(says="read everything but what follows", scope=_READ, everybody=True),
    Action.COMPARE: Rule(says="compare two documents", scope=_READ, everybody=True),
    Action.CREATE_ASSET: Rule(
        says="create an asset", scope=_WRITE, team=_OWNER_TEAM, roles=WORKING
    ),
    Action.CHANGE_ASSET: Rule(
        says="change an asset's kind, tags, description, stewards and dependencies",
        scope=_WRITE,
        team=_OWNER_TEAM,
        roles=WORKING,
    ),
    Action.ASSIGN_ASSET: Rule(
        says="give an asset to another team", scope=_WRITE, team=_OWNER_TEAM, roles=_OWNING
    ),
    Action.RECEIVE_ASSET: Rule(
        says="take an asset over", scope=_WRITE, team="the team that gets it", roles=WORKING
    ),
    Action.DELETE_ASSET: Rule(
        says="delete and restore an asset", scope=_WRITE, team=_OWNER_TEAM, roles=_OWNING
    ),
    Action.PUBLISH: Rule(
        says="publish a contract or an approved proposal, revise an open one, retire old versions",
        scope=_WRITE,
        team=_OWNER_TEAM,
        roles=WORKING,
    ),
    Action.WITHDRAW: Rule(
        says="withdraw a proposal", scope=_WRITE, team=_OWNER_TEAM, roles=WORKING
    ),
    Action.CONFIRM: Rule(
        says="confirm a proposal against a moved base",
        scope=_WRITE,
        team=_OWNER_TEAM,
        roles=WORKING,
    ),
    Action.CHANGE_POLICY: Rule(
        says="make a policy stricter", scope=_WRITE, team="the team it is for", roles=WORKING
    ),
    Action.LOOSEN_POLICY: Rule(
        says="make a policy looser", scope=_WRITE, team="the team it is for", roles=_OWNING
    ),
    Action.CHANGE_DESTINATION: Rule(
        says="set, try and remove a destination",
        scope=_WRITE,
        team="the team that is told",
        roles=WORKING,
        oneself=True,
    ),
    Action.REGISTER: Rule(
        says="register, change and remove a registration",
        scope=_WRITE,
        team="the team that reads",
        roles=WORKING,
    ),
    Action.ACKNOWLEDGE: Rule(
        says="answer a proposal, and the end of an old version",
        scope=_WRITE,
        team="the team that answers",
        roles=WORKING,
    ),
    Action.COMMENT: Rule(
        says="comment on a proposal, object to it", scope=_WRITE, team="the team", roles=WORKING
    ),
    Action.CHANGE_MEMBERS: Rule(
        says="add and remove members, change their roles",
        scope=_WRITE,
        team="the team",
        roles=_OWNING,
    ),
    Action.READ_DESTINATION: Rule(
        says="see where a destination leads, and what was sent there",
        scope=_READ,
        team="the team that is told",
        roles=frozenset(TeamRole),
        oneself=True,
    ),
    Action.READ_KEYS: Rule(
        says="see keys and when they were used last",
        scope=_READ,
        team=_KEYS_TEAM,
        roles=frozenset(TeamRole),
        oneself=True,
    ),
    Action.CREATE_KEYS: Rule(
        says="create a key",
        scope=_WRITE,
        team=_KEYS_TEAM,
        roles=_OWNING,
        oneself=True,
        in_person=True,
    ),
    Action.ROTATE_KEYS: Rule(
        says="replace a key by one that lives no longer than it was to",
        scope=_WRITE,
        team=_KEYS_TEAM,
        roles=_OWNING,
        oneself=True,
        in_person=True,
        itself=True,
    ),
    Action.REVOKE_KEYS: Rule(
        says="revoke a key", scope=_WRITE, team=_KEYS_TEAM, roles=_OWNING, oneself=True
    ),
    Action.GRANT_ADMIN: Rule(says="create or rotate a key of the scope admin", scope=_ADMIN),
    Action.FORCE: Rule(says="force a proposal past its parties", scope=_ADMIN),
    Action.ASK_AGAIN: Rule(
        says="ask a party of a proposal again", scope=_WRITE, team=_OWNER_TEAM, roles=WORKING
    ),
    Action.EXTEND: Rule(
        says="give a proposal more time", scope=_WRITE, team=_OWNER_TEAM, roles=WORKING
    ),
    Action.REASSIGN: Rule(says="have another team asked in the place of one", scope=_ADMIN),
    Action.CANCEL: Rule(says="cancel a proposal in its producer's place", scope=_ADMIN),
    Action.RENAME_TEAM: Rule(says="rename a team", scope=_WRITE, team="the team", roles=_OWNING),
    Action.CREATE_TEAM: Rule(says="create a team", scope=_ADMIN),
    Action.DELETE_TEAM: Rule(says="delete, restore and merge teams", scope=_ADMIN),
    Action.CHANGE_USERS: Rule(
        says="create, change, deactivate and reactivate users and bots", scope=_ADMIN
    ),
    Action.READ_SESSIONS: Rule(says="see where a user is signed in", scope=_READ, oneself=True),
    Action.END_SESSIONS: Rule(says="sign a user out", scope=_WRITE, oneself=True),
    Action.CHANGE_PASSWORD: Rule(
        says="change a password by the old one", scope=_WRITE, oneself=True, in_person=True
    ),
    Action.LINK_PASSWORD: Rule(says="make a link by which a user sets a password", scope=_ADMIN),
    Action.INSTALL_SLACK: Rule(says="connect the server with a Slack workspace", scope=_ADMIN),
    Action.VERIFY_LOG: Rule(says="have the whole log compared with its seals", scope=_ADMIN),
}
