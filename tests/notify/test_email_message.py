"""Mails as they are read, held against files; and what must never stand in a header."""

import os
import re
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest

from domain.answer_links import AnswerLinks
from domain.events import EventType
from domain.proposals import ProposalStatus
from domain.timeline import OnDeadline
from notify.email_content import WHOLE, Reader
from notify.email_message import Sender, composed
from notify.messages import Message
from tests.support.told_messages import ADA, DELIVERY, NOW, TEAM, asked, told

GOLDEN = Path(__file__).parent / "mails"
LINKS = AnswerLinks([b"k" * 32])
SENDER = Sender(
    address="Tessera <tessera@example.com>", public_url="https://tessera.example", links=LINKS
)
PERSON = Reader(
    address="ada@example.com", name="Ada Lovelace", user_id=ADA, teams=frozenset({TEAM})
)
LIST = Reader(address="growth@example.com", teams=frozenset({TEAM}))
PROVEN = {
    "kind": "field_removed",
    "sentence": "`email` is removed.",
    "witness": {"instance": {"id": "7", "email": "a@b.example"}},
    "suggestion": {"sentence": "Keep `email` and mark it as deprecated."},
}


def mail(message: Message, reader: Reader = PERSON, sender: Sender = SENDER) -> EmailMessage:
    return composed(message, sender, reader, NOW)[0]


def body(found: EmailMessage, kind: str) -> str:
    part = found.get_body((kind,))
    assert part is not None
    content: str = part.get_content()
    return content


def many() -> Message:
    carried = (
        asked(2, fqn="orders.refunds", later=-timedelta(days=3)),
        replace(asked(1, type_=EventType.PROPOSAL_REMINDED)),
        told(EventType.PROPOSAL_APPROVED, "orders.table_3 2.0.0 is approved.", 3, _APPROVED),
        told(EventType.PROPOSAL_PUBLISHED, "orders.table_3 2.0.0 is published.", 3, _PUBLISHED),
        told(EventType.CONSUMERS_TOLD, "2 teams are told what changes.", 4, _PUBLISHED),
        told(EventType.ACKNOWLEDGED, "billing answers ready to orders.table_5.", 5, _APPROVED),
    )
    return replace(asked(1), carried=carried)


_APPROVED, _PUBLISHED = ProposalStatus.APPROVED, ProposalStatus.PUBLISHED
MAILS = {
    "asked": (asked(changes=[PROVEN]), PERSON),
    "asked_at_a_list": (asked(), LIST),
    "reminded": (asked(type_=EventType.PROPOSAL_REMINDED), PERSON),
    "escalated_silence_consents": (
        asked(type_=EventType.PROPOSAL_ESCALATED, on_deadline=OnDeadline.APPROVE),
        PERSON,
    ),
    "published": (
        told(EventType.PROPOSAL_PUBLISHED, "orders.table_3 2.0.0 is published.", 3, _PUBLISHED),
        PERSON,
    ),
    "digest": (many(), PERSON),
    "digest_at_a_list": (many(), LIST),
}


@pytest.mark.parametrize("name", MAILS)
@pytest.mark.parametrize("kind", ["plain", "html"])
def test_a_mail_is_what_its_file_shows(name: str, kind: str) -> None:
    """`TESSERA_GOLDEN=write` writes them anew; look at the difference before it is kept."""
    found = mail(*MAILS[name])
    path = GOLDEN / f"{name}.{'txt' if kind == 'plain' else 'html'}"
    shown = f"Subject: {found['Subject']}\n\n" if kind == "plain" else ""
    shown += body(found, kind)
    if os.environ.get("TESSERA_GOLDEN") == "write":
        path.write_text(shown, encoding="utf-8")
    assert shown == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", MAILS)
def test_text_and_html_lead_to_the_same_places(name: str) -> None:
    found = mail(*MAILS[name])
    of_html = {
        link.replace("&amp;", "&") for link in re.findall('href="([^"]+)"', body(found, "html"))
    }
    assert of_html
    assert of_html == set(re.findall(r"https://\S+", body(found, "plain")))


def test_the_subject_says_what_and_by_when() -> None:
    assert mail(asked())["Subject"] == (
        "orders.customers 2.0.0 breaks what growth reads: answer by 16 Mar 2026"
    )
    assert mail(many())["Subject"] == ("2 proposals wait for your answer, the first by 13 Mar 2026")


@pytest.mark.parametrize("on_deadline", OnDeadline)
@pytest.mark.parametrize("kind", ["plain", "html"])
def test_every_question_says_what_happens_if_nobody_answers_and_by_when(
    on_deadline: OnDeadline, kind: str
) -> None:
    words = {
        OnDeadline.EXPIRE: "the proposal expires and nothing is published",
        OnDeadline.APPROVE: "that counts as consent and the change is published",
        OnDeadline.ESCALATE: "it is escalated",
    }
    text = " ".join(body(mail(asked(on_deadline=on_deadline)), kind).split())
    assert f"If growth does not answer by 16 Mar 2026, 09:30 UTC, {words[on_deadline]}" in text


def test_the_headers_thread_by_proposal_and_stay_the_same_over_attempts() -> None:
    message = asked()
    first = mail(message)
    again = composed(message, SENDER, PERSON, NOW + timedelta(hours=5))[0]
    assert first["Message-ID"] == again["Message-ID"] == f"<{DELIVERY}@example.com>"
    thread = f"<proposal-{message.event.proposal_id}@example.com>"
    assert (first["In-Reply-To"], first["References"]) == (thread, thread)
    assert first["Auto-Submitted"] == "auto-generated"
    assert first["List-Id"] == "Tessera <notifications.example.com>"
    assert first["List-Unsubscribe"] == "<https://tessera.example/account#told>"
    assert mail(many())["References"] is None


@pytest.mark.parametrize(
    "evil", ["a\r\nBcc: all@example.com", "a\nX: y", "a\x00b", "a\u2028Bcc: x"]
)
def test_no_name_reaches_into_the_headers(evil: str) -> None:
    found = mail(asked(fqn=evil, team=evil), replace(PERSON, name=evil))
    raw = found.as_bytes()
    head = raw.partition(b"\r\n\r\n")[0]
    assert not re.search(rb"(?im)^(bcc|x):", head)
    assert found["Bcc"] is None
    assert str(found["Subject"]).isprintable()
    assert found["To"].addresses[0].addr_spec == "ada@example.com"


@pytest.mark.parametrize(
    "address", ["ada@example.com\r\nBcc: b@example.com", "a\nb@example.com", "nobody", "@x", "a@"]
)
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="address"):
        composed(asked(), SENDER, replace(PERSON, address=address), NOW)


def test_what_people_write_is_text_in_html() -> None:
    evil = {**PROVEN, "sentence": "`<img src=y>` & <b>x</b>"}
    message = asked(fqn="<img src=x>", team='"><script>', changes=[evil])
    html = body(mail(message), "html")
    assert "<code>&lt;img src=y&gt;</code> &amp; &lt;b&gt;x&lt;/b&gt;" in html
    assert "<img" not in html
    assert "<script>" not in html
    assert "&lt;img src=x&gt;" in html


def test_names_and_domains_of_all_languages_arrive() -> None:
    reader = replace(PERSON, address="ada@bücher.example", name="Ада Ловлейс")
    found, to = composed(asked(team="рост"), SENDER, reader, NOW)
    assert to == "ada@xn--bcher-kva.example"
    assert found["To"].addresses[0].display_name == "Ада Ловлейс"
    assert "рост" in found["Subject"]
    assert found.as_bytes().partition(b"\r\n\r\n")[0].isascii()


def test_a_local_part_of_another_script_is_kept() -> None:
    _, to = composed(asked(), SENDER, replace(PERSON, address="ада@example.com"), NOW)
    assert to == "ада@example.com"


def test_links_that_answer_are_for_one_person_and_one_question() -> None:
    links = re.findall(r"answer\?link=([\w-]+)&say=(\w+)", body(mail(asked()), "plain"))
    assert {say for _, say in links} == {"approved", "migrating", "blocked"}
    (text,) = {text for text, _ in links}
    link = LINKS.read(text)
    assert link is not None
    assert (link.user_id, link.team_id) == (ADA, TEAM)
    assert link.expires_at > NOW + timedelta(days=14)


@pytest.mark.parametrize(
    ("reader", "sender"),
    [
        (LIST, SENDER),
        (PERSON, replace(SENDER, links=AnswerLinks())),
        (replace(PERSON, teams=frozenset()), SENDER),
    ],
    ids=["a list", "no key", "not of the team"],
)
def test_nobody_else_gets_one(reader: Reader, sender: Sender) -> None:
    for message in (asked(), many()):
        assert "/answer?" not in mail(message, reader, sender).as_string()


def test_a_hundred_questions_are_one_mail_that_names_each() -> None:
    carried = tuple(asked(number, fqn=f"lake.table_{number}") for number in range(2, 101))
    message = replace(asked(1, fqn="lake.table_1"), carried=carried)
    found = mail(message)
    text = body(found, "plain")
    assert str(found["Subject"]).startswith("100 proposals wait for your answer")
    assert all(f"lake.table_{number} 2.0.0" in text for number in range(1, 101))
    assert text.count("Ready:") == WHOLE
    assert len(found.as_bytes()) < 200_000
