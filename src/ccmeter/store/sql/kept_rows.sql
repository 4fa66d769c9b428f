-- Responses whose believed line stood in one of these files.
select count(*) from responses
where source in (
    select id from files where path in (select value from json_each(:paths))
)
