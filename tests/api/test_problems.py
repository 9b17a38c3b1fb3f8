"""The one table from errors to statuses."""

import json
from collections.abc import Iterator

import pytest

from api import refusals
from api.problems import PROBLEMS, problem_of, problem_response
from domain import errors
from domain.errors import TesseraError


def kinds(root: type[TesseraError]) -> Iterator[type[TesseraError]]:
    yield root
    for kind in root.__subclasses__():
        yield from kinds(kind)


def ours() -> set[type[TesseraError]]:
    modules = {errors.__name__, refusals.__name__}
    return {kind for kind in kinds(TesseraError) if kind.__module__ in modules}


def test_every_error_has_its_problem() -> None:
    assert ours() == set(PROBLEMS)


def test_every_code_is_its_own() -> None:
    codes = [kind.code for kind in ours()]

    assert len(codes) == len(set(codes))


def test_an_error_of_a_kind_looks_like_its_kind() -> None:
    class Special(errors.Conflict):
        pass

    assert problem_of(Special("x")).status == 409


def test_details_never_hide_the_standard_members() -> None:
    error = errors.Conflict("taken", status="ended", type="x", link="/there")
    response = problem_response(error, instance="/here", request_id="1")
    document = json.loads(bytes(response.body))

    assert (document["status"], document["type"]) == (409, "urn:tessera:problem:conflict")
    assert document["link"] == "/there"


@pytest.mark.parametrize("status", [401, 413, 503])
def test_some_problems_say_what_to_do_in_a_header(status: int) -> None:
    kind = next(kind for kind, problem in PROBLEMS.items() if problem.status == status)
    response = problem_response(kind("x"), instance="/", request_id=None)

    name = {401: "www-authenticate", 413: "connection", 503: "retry-after"}[status]
    assert name in response.headers


def test_an_error_crosses_a_process_border_whole() -> None:
    import pickle

    error = errors.InvalidSchema("no", path="/a", keyword="type")
    again = pickle.loads(pickle.dumps(error))  # made here

    assert (type(again), again.detail, dict(again.extra)) == (
        errors.InvalidSchema,
        "no",
        {"path": "/a", "keyword": "type"},
    )
