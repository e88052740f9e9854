"""The fuzzer for some seconds: what strangers write gives no exception, no hostile text and no long wait."""

from __future__ import annotations

from random import Random

import pytest
from fuzz.engine import FREE_CPU, MOST_PER_MIB, Finding, HangsError, Session, looked, open_sessions, run, too_slow
from fuzz.target import BrokenError, Look, Target, alone
from fuzz.targets import TARGETS

SECONDS = 10.0
SLACK = 2.0
"""Tests are watched for their coverage, which doubles the time of our own code."""


@pytest.mark.slow
def test_no_input_does_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fuzz.engine.MOST_PER_MIB", SLACK * MOST_PER_MIB)
    monkeypatch.setattr("fuzz.engine.FREE_CPU", SLACK * FREE_CPU)
    with open_sessions(TARGETS.values(), seed=7) as sessions:
        findings = run(sessions, SECONDS)
    assert [finding.what for finding in findings] == []
    assert all(session.inputs > len(session.target.seeds()) for session in sessions)


def session_of(examine: object) -> Session:
    assert callable(examine)
    return Session(Target("test", lambda: [b"a"], lambda *_: b"b", alone(examine)), examine, Random(7))


def test_what_is_raised_is_found_once() -> None:
    def examine(data: bytes) -> Look:
        if data == b"b":
            raise BrokenError("it is a b")
        return Look("fine")

    findings = run([session_of(examine)], 0.05)
    assert findings == [Finding("test", "BrokenError: it is a b", b"b", findings[0].where)]
    assert "it is a b" in findings[0].where


def test_what_is_slow_for_its_size_is_found() -> None:
    assert too_slow(Look("", cpu=1.3, size=2**19))
    assert not too_slow(Look("", cpu=1.0, size=2**19))
    assert not too_slow(Look("", cpu=0.05, size=10))
    (finding,) = run([session_of(lambda _: Look("", cpu=1.0, size=10))], 0.0)
    assert finding.what == "slow: 1.00 s of CPU for 10 bytes"


def test_what_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fuzz.engine.HANGS_AFTER", 0.05)

    def examine(_: bytes) -> Look:
        while True:
            pass

    with pytest.raises(HangsError):
        looked(examine, b"")
