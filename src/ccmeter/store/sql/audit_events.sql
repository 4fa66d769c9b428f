-- Rebuilds that were answered in a period, in the order in which they were sent. Looking through
-- all of them takes long; no request is answered more than a week after it was sent, nor before.
select
    rebuilds.start_ms, responses.key, responses.owner_id, responses.terms_id,
    responses.cache_read_tokens, findings.verdict, findings.cause, findings.kind,
    findings.evidence, findings.sure, rebuilds.expected_read, rebuilds.lost_tokens,
    rebuilds.gap_ms, rebuilds.excess
from audit_rebuilds as rebuilds
join responses on responses.id = rebuilds.response_id
join audit_findings as findings on findings.id = rebuilds.finding_id
where responses.time_ms >= :since_ms and responses.time_ms < :until_ms
    and rebuilds.start_ms > :since_ms - 7 * 86400000
    and rebuilds.start_ms < :until_ms + 7 * 86400000
    and (:sessions is null or rebuilds.session_id in (select value from json_each(:sessions)))
order by rebuilds.start_ms, responses.key
