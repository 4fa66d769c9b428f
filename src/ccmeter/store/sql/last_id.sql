-- Grows by one with every new response.
select max(id) from responses
