from __future__ import annotations

from collections import Counter

import pytest

from statustrio.model import Kind
from statustrio.platforms.words import _LANGUAGES, ANY_WORD, OPEN, WORDS, front, kind_of, label_of


def words_of(language: str) -> list[tuple[str, str]]:
    return [(word, str(label)) for label, words in _LANGUAGES[language].items() for word in words.split(", ")]


each_language = pytest.mark.parametrize("language", _LANGUAGES)


@each_language
def test_no_word_means_two_things_in_one_language(language: str) -> None:
    assert [word for word, times in Counter(word for word, _ in words_of(language)).items() if times > 1] == []


@each_language
def test_a_word_means_the_same_in_every_language(language: str) -> None:
    assert [word for word, label in words_of(language) if WORDS[word] != label] == []


@each_language
def test_words_are_written_as_they_are_looked_up(language: str) -> None:
    assert [word for word, _ in words_of(language) if word != " ".join(word.split()).casefold()] == []


@each_language
@pytest.mark.parametrize("form", ["[{}] Tea", "{}: Tea", "{} \u2014 Tea", "{} - Tea", "Status: {}", "{}.", "{}\nTea"])
def test_each_word_is_found_at_the_front(language: str, form: str) -> None:
    for word, label in words_of(language):
        for written in (word, word.upper(), word.capitalize()):
            assert front(form.format(written)) == (label, "Tea" if "Tea" in form else "")


@pytest.mark.parametrize(
    ("words", "label"),
    [
        ("Investigating", "investigating"),
        ("Initial Notification", "investigating"),
        ("Closed", "resolved"),
        ("Complete", "completed"),
        ("Post-mortem", "postmortem"),
        ("Updated", "update"),
        ("Analyse", "investigating"),
        ("Überprüfung", "monitoring"),
        ("Wird überprüft", "verifying"),
        ("Gelöst", "resolved"),
        ("Geplante Wartung", "scheduled"),
        ("Abgeschlossen", "completed"),
        ("Resolvido", "resolved"),
        ("Concluído", "completed"),
        ("Em andamento", "in_progress"),
        ("Monitorização", "monitoring"),
        ("Resuelto", "resolved"),
        ("Supervisando", "monitoring"),
        ("En curso", "in_progress"),
        ("Completado", "completed"),
        ("Résolu", "resolved"),
        ("Détecté", "investigating"),
        ("En cours", "in_progress"),
        ("En cours d'investigation", "investigating"),
        ("Terminé", "completed"),
        ("解決済み", "resolved"),
        ("監視中", "monitoring"),
        ("確認中", "verifying"),
        ("完了", "completed"),
        ("  In \n PROGRESS ", "in_progress"),
        ("Brewing tea", "brewing_tea"),
        ("", "unknown"),
        (" \x1b ", "unknown"),
    ],
)
def test_words_mean_labels(words: str, label: str) -> None:
    assert label_of(words) == label


@pytest.mark.parametrize(
    ("text", "label", "rest"),
    [
        pytest.param("[Resolved]: Cold tea", "resolved", "Cold tea", id="brackets and a colon"),
        pytest.param("[ Resolved ]Cold tea", "resolved", "Cold tea", id="brackets alone"),
        pytest.param("[Resolved] -5 degrees", "resolved", "-5 degrees", id="a minus is no dash"),
        pytest.param("status : RESOLVED Tea", "resolved", "Tea", id="stated"),
        pytest.param("Resolved:", "resolved", "", id="nothing behind the colon"),
        pytest.param("Resolved!", "resolved", "", id="a cry"),
        pytest.param("Planned maintenance", "scheduled", "", id="the longer word"),
        pytest.param("Scheduled maintenance for tea", "scheduled", "Scheduled maintenance for tea", id="planned"),
        pytest.param("Planned maintenance on 3 May", "scheduled", "Planned maintenance on 3 May", id="planned on"),
    ],
)
def test_a_word_stands_for_itself(text: str, label: str, rest: str) -> None:
    assert front(text) == (label, rest)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Resolved problems with tea",
        "Active incidents are listed here.",
        "Scheduled maintenance windows are listed here.",
        "Scheduled maintenance forms",
        "Fixed-price tea",
        "Updated:now",
        "Monitoring is down",
        "Update the kettle. Resolved",
        "We have resolved it",
        "It is [Resolved]",
        "[Resolved",
        "[Resolved issue] Tea",
        "[EU] Tea",
        "Unresolved: tea",
        "Completely cold",
        "Status: unresolved",
        "Status: resolvedly",
        "Statuses: resolved",
        "Geplante Wartungen",
        "En cours de route",
        "解決済みです",
        "完了しました",
    ],
)
def test_running_text_is_no_word(text: str) -> None:
    assert front(text) == (None, text)


def test_only_words_of_planned_work_tell_the_kind() -> None:
    planned = {"scheduled", "in_progress", "verifying", "completed"}
    labels = {*WORDS.values(), "unknown", "brewing"}
    assert {label for label in labels if kind_of(label) is Kind.MAINTENANCE} == planned


def test_longer_words_are_tried_first() -> None:
    lengths = [len(word) for word in ANY_WORD.replace("\\", "").split("|")]
    assert lengths == sorted(lengths, reverse=True)
    assert WORDS[OPEN] == OPEN
