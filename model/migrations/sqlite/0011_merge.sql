-- +goose Up
-- An activity for which too few signed up becomes part of another one, which takes its students over.
ALTER TABLE `activities` ADD COLUMN `merged_into` integer;
ALTER TABLE `signups` ADD COLUMN `merged_from` integer;
