-- +goose Up
-- An activity for which too few signed up becomes part of another one, which takes its students over.
ALTER TABLE `activities` ADD COLUMN `merged_into` bigint COMMENT 'activity that took its students over, NULL unless MERGED';
ALTER TABLE `signups` ADD COLUMN `merged_from` bigint COMMENT 'signup of a merged activity that it goes on from: never costs points; NULL if none';
