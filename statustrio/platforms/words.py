"""The words of pages: which label each one means, in the languages pages are written in. Pure.

Words count only where they stand for themselves (`front`): running text speaks of "active incidents" on the calmest
day.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from statustrio.feed.text import one_line
from statustrio.model import Kind, Status

UPDATE = "update"
"""The label of a message that leaves the status as it was."""
POSTMORTEM = "postmortem"
OPEN = str(Status.INVESTIGATING)
"""The label of what a page says is open and no more than that: the first of the words for work."""

_LANGUAGES: Mapping[str, Mapping[str, str]] = {
    "English": {
        Status.INVESTIGATING: "investigating, detected, initial notification",
        Status.IDENTIFIED: "identified",
        Status.MONITORING: "monitoring",
        Status.RESOLVED: "resolved, closed, fixed, ended",
        Status.SCHEDULED: "scheduled, planned, rescheduled, maintenance, scheduled maintenance, planned maintenance",
        Status.IN_PROGRESS: "in progress",
        Status.VERIFYING: "verifying",
        Status.COMPLETED: "completed, complete",
        UPDATE: "update, updated",
        Status.WITHDRAWN: "cancelled, canceled",
        POSTMORTEM: "postmortem, post-mortem",
    },
    "German": {
        Status.INVESTIGATING: "untersuchung, untersuchung läuft, wird untersucht, in untersuchung, analyse",
        Status.IDENTIFIED: "identifiziert, identifizierung",
        Status.MONITORING: "überwachung, wird überwacht, beobachtung, überprüfung",
        Status.RESOLVED: "gelöst, behoben, beendet",
        Status.SCHEDULED: "geplant, wartung, geplante wartung",
        Status.IN_PROGRESS: "in bearbeitung, wird durchgeführt",
        Status.VERIFYING: "wird überprüft",
        Status.COMPLETED: "abgeschlossen",
        Status.WITHDRAWN: "abgesagt",
        UPDATE: "aktualisierung",
    },
    "Portuguese": {
        Status.INVESTIGATING: "investigando, em investigação",
        Status.IDENTIFIED: "identificado",
        Status.MONITORING: "monitorando, monitoramento, em monitoramento, monitorização",
        Status.RESOLVED: "resolvido",
        Status.SCHEDULED: "agendado, agendada, manutenção, manutenção programada, ainda não começou, ainda não iniciou",
        Status.IN_PROGRESS: "em andamento, em progresso, em curso",
        Status.VERIFYING: "verificando, em verificação",
        Status.COMPLETED: "concluído, concluída",
        Status.WITHDRAWN: "cancelado, cancelada",
        UPDATE: "atualização, atualizar",
    },
    "Spanish": {
        Status.INVESTIGATING: "investigando, en investigación",
        Status.IDENTIFIED: "identificado",
        Status.MONITORING: "monitoreando, monitorizando, supervisando, en supervisión",
        Status.RESOLVED: "resuelto",
        Status.SCHEDULED: "programado, programada, mantenimiento, mantenimiento programado",
        Status.IN_PROGRESS: "en curso, en progreso",
        Status.VERIFYING: "verificando, en verificación",
        Status.COMPLETED: "completado, completada, finalizado",
        UPDATE: "actualización, actualizar",
    },
    "French": {
        Status.INVESTIGATING: "enquête, enquête en cours, investigation, en cours d'investigation, détecté",
        Status.IDENTIFIED: "identifié",
        Status.MONITORING: "surveillance, sous surveillance, en surveillance, surveillé",
        Status.RESOLVED: "résolu",
        Status.SCHEDULED: "planifié, planifiée, prévu, programmé, pas encore commencé, maintenance planifiée",
        Status.IN_PROGRESS: "en cours",
        Status.VERIFYING: "vérification, en cours de vérification",
        Status.COMPLETED: "terminé, terminée",
        Status.WITHDRAWN: "annulé, annulée",
        UPDATE: "mise à jour, mettre à jour",
    },
    "Japanese": {
        Status.INVESTIGATING: "調査中",
        Status.IDENTIFIED: "特定, 特定済み, 原因特定, 原因判明済み",
        Status.MONITORING: "監視中, 経過観察中",
        Status.RESOLVED: "解決, 解決済み, 復旧済み, 解決済",
        Status.SCHEDULED: "予定, 予定済み, 計画済み, メンテナンス, 定期メンテナンス",
        Status.IN_PROGRESS: "進行中, 実施中",
        Status.VERIFYING: "検証中, 確認中",
        Status.COMPLETED: "完了",
        Status.WITHDRAWN: "中止, キャンセル",
        UPDATE: "更新, アップデート",
    },
    "Italian": {
        Status.INVESTIGATING: "verifiche",
        Status.IDENTIFIED: "individuato",
        Status.MONITORING: "monitorando",
        Status.RESOLVED: "risolto",
        Status.SCHEDULED: "pianificato, programmata",
        Status.IN_PROGRESS: "in corso",
        Status.VERIFYING: "verifica",
        Status.COMPLETED: "completato",
        UPDATE: "aggiornare",
    },
    "Dutch": {
        Status.INVESTIGATING: "onderzoeken",
        Status.IDENTIFIED: "geïdentificeerd",
        Status.MONITORING: "monitoring",
        Status.RESOLVED: "opgelost",
        Status.SCHEDULED: "nog niet begonnen, gepland",
        Status.IN_PROGRESS: "bezig",
        Status.VERIFYING: "verifiëren",
        Status.COMPLETED: "voltooid",
        UPDATE: "update",
    },
    "Polish": {
        Status.INVESTIGATING: "analiza",
        Status.IDENTIFIED: "zidentyfikowany",
        Status.MONITORING: "monitorowanie",
        Status.RESOLVED: "rozwiązany, rozwiązano",
        Status.SCHEDULED: "planowane, planowy",
        Status.IN_PROGRESS: "w trakcie",
        Status.VERIFYING: "weryfikowanie",
        Status.COMPLETED: "zakończono",
        UPDATE: "aktualizacja",
    },
    "Swedish": {
        Status.INVESTIGATING: "undersöker",
        Status.IDENTIFIED: "identifierat",
        Status.MONITORING: "monitorerar",
        Status.RESOLVED: "löst",
        Status.SCHEDULED: "planerat, schemalagd",
        Status.IN_PROGRESS: "pågår",
        Status.VERIFYING: "verifierar",
        Status.COMPLETED: "slutfört",
        UPDATE: "uppdatering",
    },
    "Russian": {
        Status.INVESTIGATING: "изучается",
        Status.IDENTIFIED: "определено",
        Status.MONITORING: "мониторинг",
        Status.RESOLVED: "решено",
        Status.SCHEDULED: "еще не началось, запланированное",
        Status.IN_PROGRESS: "в ходе выполнения",
        Status.VERIFYING: "проверка",
        Status.COMPLETED: "завершено",
        UPDATE: "обновление",
    },
    "Korean": {
        Status.INVESTIGATING: "조사 중",
        Status.IDENTIFIED: "확인됨",
        Status.MONITORING: "모니터링 중",
        Status.RESOLVED: "해결됨",
        Status.SCHEDULED: "예정됨",
        Status.IN_PROGRESS: "진행 중",
        Status.VERIFYING: "확인 중",
        Status.COMPLETED: "완료됨",
        UPDATE: "업데이트",
    },
    "Chinese": {
        Status.INVESTIGATING: "调查中, 調查中",
        Status.IDENTIFIED: "已确认问题, 已確認問題",
        Status.MONITORING: "持续监控中, 監視中",
        Status.RESOLVED: "已解决, 已解決",
        Status.SCHEDULED: "已计划, 已計劃, 已預定",
        Status.IN_PROGRESS: "进行中, 進行中",
        Status.VERIFYING: "确认中, 確認中",
        Status.COMPLETED: "已完成",
        UPDATE: "更新",
    },
}
WORDS: Mapping[str, str] = MappingProxyType(
    {word: str(label) for table in _LANGUAGES.values() for label, words in table.items() for word in words.split(", ")}
)
"""The words pages put above a message, in lower case, and the label each one means."""

_MAINTENANCE = frozenset({Status.SCHEDULED, Status.IN_PROGRESS, Status.VERIFYING, Status.COMPLETED})

ANY_WORD = "|".join(re.escape(word) for word in sorted(WORDS, key=len, reverse=True))
"""A regular expression of all of them."""
_FRONT = re.compile(
    rf"\[\s?(?P<bracket>{ANY_WORD})\s?\]\s?(?:[:\u2013\u2014-](?=\s))?"
    rf"|status\s?:\s?(?P<stated>{ANY_WORD})\b"
    rf"|(?P<word>{ANY_WORD})\s?(?:[:\u2013\u2014-](?=\s|$)|[.!]?(?=\n|$))"
    r"|(?P<planned>(?:scheduled|planned)\ maintenance)\ (?:at|for|from|in|of|on|to)\b",
    re.IGNORECASE,
)
"""A word that stands for itself: in brackets, after "Status:", before a colon or a dash, alone on the first line."""


def label_of(words: str, own: Mapping[str, str] = MappingProxyType({})) -> str:
    """The label that the page's words mean; words nobody knows become a label of their own, none at all `unknown`.

    `own`, in lower case as well, are what words mean on one platform alone.
    """
    words = one_line(words).casefold()
    return own.get(words) or WORDS.get(words) or words.replace(" ", "_") or str(Status.UNKNOWN)


def kind_of(label: str) -> Kind:
    """The kind of a thing whose message has this label: some words are used for planned work alone."""
    return Kind.MAINTENANCE if label in _MAINTENANCE else Kind.INCIDENT


def front(text: str) -> tuple[str | None, str]:
    """The label that the first word of a text stands for, and the text without it; None if no word stands there."""
    match = _FRONT.match(text)
    if match is None:
        return None, text
    label = label_of(match[match.lastgroup or 0])
    return label, text if match["planned"] else text[match.end() :].strip()
