"""What the reconciler measures."""

from prometheus_client import Counter, Gauge

from services.reconcile.finding import KINDS

FINDINGS = Counter("anpr_reconcile_findings", "Findings, by kind and severity.", ["kind", "severity"])
LOOKED = Gauge("anpr_reconcile_last_look_seconds", "When ledger, log and statistics were last compared, since 1970.")
FAILED = Counter("anpr_reconcile_looks_failed", "Looks that found a side that did not answer.")

for name, kind in KINDS.items():  # what was never found shows as 0
    FINDINGS.labels(name, kind.severity)
