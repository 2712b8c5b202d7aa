-- Products by words: leftfold query --search product_search 'lamp* red'
CREATE MATERIALIZED VIEW product_search USING search WITH (columns = 'name 10, category') AS
SELECT id, name, category, price
FROM products;
