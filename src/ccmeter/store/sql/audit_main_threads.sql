-- The main threads of some sessions after their last request.
select
    sessions.session, threads.tier, threads.last_ms, threads.prompt_tokens, threads.read_tokens,
    (
        select count(*)
        from audit_rebuilds as rebuilds
        join audit_findings as findings on findings.id = rebuilds.finding_id
        where rebuilds.session_id = threads.session_id and findings.verdict = 'suspect_rebuild'
    )
from json_each(:sessions) as wanted
join sessions on sessions.session = wanted.value
join audit_threads as threads on threads.session_id = sessions.id and threads.agent_id = 0
