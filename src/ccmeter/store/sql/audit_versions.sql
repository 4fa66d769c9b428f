-- Client versions by the first client that had them.
select version, min(id) from clients group by version
