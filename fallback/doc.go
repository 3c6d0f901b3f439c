// Package fallback keeps a question answered while the one who usually answers
// it is down.
package fallback
