// Package canary holds one test: secrets and personal data are seeded into
// every configuration, question and answer of a whole set-up, the vendors fail
// in every way and repeat what they were told, and nothing that anybody could
// print may show one of them.
package canary
