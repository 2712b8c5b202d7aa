CREATE MATERIALIZED VIEW article_table AS
SELECT id, title, body FROM articles;
