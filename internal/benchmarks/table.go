package main

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// table is rows of cells under a heading.
type table struct {
	head []string
	rows [][]string
}

// write prints t in columns, or as a table of Markdown.
func (t *table) write(w io.Writer, markdown bool) {
	if markdown {
		rule := slices.Repeat([]string{"---"}, len(t.head))
		for _, r := range append([][]string{t.head, rule}, t.rows...) {
			fmt.Fprintf(w, "| %s |\n", strings.Join(r, " | "))
		}
		return
	}
	wide := make([]int, len(t.head))
	all := append([][]string{t.head}, t.rows...)
	for _, r := range all {
		for i, cell := range r {
			wide[i] = max(wide[i], utf8.RuneCountInString(cell))
		}
	}
	for _, r := range all {
		var line strings.Builder
		for i, cell := range r {
			line.WriteString(cell + strings.Repeat(" ", wide[i]-utf8.RuneCountInString(cell)+2))
		}
		fmt.Fprintln(w, strings.TrimRight(line.String(), " "))
	}
}

// median is the middle of all, or the mean of the two in the middle; the zero value of none.
func median[T cmp.Ordered](all []T, mean func(a, b T) T) (m T) {
	if len(all) == 0 {
		return m
	}
	s := slices.Sorted(slices.Values(all))
	half := len(s) / 2
	if len(s)%2 == 1 {
		return s[half]
	}
	return mean(s[half-1], s[half])
}

func meanFloat(a, b float64) float64 { return (a + b) / 2 }

// nanos prints a time of nanoseconds with the digits that count.
func nanos(n float64) string {
	if n < 10 {
		return fmt.Sprintf("%.1f", n)
	}
	return fmt.Sprintf("%.0f", n)
}

// figure prints a count as such, a fraction with two decimals. What is infinite never happened.
func figure(n float64) string {
	switch {
	case math.IsInf(n, 1):
		return "never"
	case n == math.Trunc(n) || n >= 100:
		return fmt.Sprintf("%.0f", n)
	default:
		return fmt.Sprintf("%.2f", n)
	}
}

// share prints n as so many times base.
func share(n, base float64) string {
	if base <= 0 {
		return ""
	}
	if s := n / base; s >= 10 {
		return fmt.Sprintf("%.0fx", s)
	}
	return fmt.Sprintf("%.2fx", n/base)
}
