-- Alerts of the sessions that raised one in a period, all until its end: what has been told before
-- decides what is told.
select
    says.rule, says.level, sessions.session, ifnull(agents.agent, ''), raised.time_ms,
    says.wording, raised.numbers, says.advice, raised.tokens, raised.usd,
    ifnull(clients.version, ''), says.is_sum
from audit_raised as raised
join audit_sayings as says on says.id = raised.saying_id
join sessions on sessions.id = raised.session_id
left join agents on agents.id = raised.agent_id
left join clients on clients.id = raised.version_id
where raised.time_ms < :until_ms
    and raised.session_id in (
        select session_id from audit_raised
        where time_ms >= :since_ms and time_ms < :until_ms
            and (:sessions is null or session_id in (select value from json_each(:sessions)))
    )
order by raised.session_id, raised.agent_id, raised.time_ms, raised.number
