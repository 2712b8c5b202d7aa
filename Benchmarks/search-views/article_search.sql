CREATE MATERIALIZED VIEW article_search USING search WITH (columns = 'title 10, body') AS
SELECT id, title, body FROM articles;
