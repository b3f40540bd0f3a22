-- +goose Up
-- Only SQLite has indexes of some of the rows; here there is nothing to do.
SELECT 1;
