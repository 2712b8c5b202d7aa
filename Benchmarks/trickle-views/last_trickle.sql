CREATE MATERIALIZED VIEW last_trickle AS
SELECT max(id) AS id
FROM trickle;
