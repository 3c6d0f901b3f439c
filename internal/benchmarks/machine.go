package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
)

// machine tells where and with what a run was made, and how busy others were there meanwhile.
func machine(before, after busy) []string {
	lines := []string{fmt.Sprintf("%s, %d cores, %s/%s, %s. %s.",
		processor(), runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version(), others(before, after))}
	if info, ok := debug.ReadBuildInfo(); ok {
		var deps []string
		for _, d := range info.Deps {
			for _, peer := range []string{"sony/gobreaker", "failsafe-go/", "afex/", "eapache/", "rubyist/", "cenkalti/"} {
				if strings.HasPrefix(d.Path, "github.com/"+peer) {
					deps = append(deps, strings.TrimPrefix(d.Path, "github.com/")+" "+d.Version)
				}
			}
		}
		lines = append(lines, "Compared: "+strings.Join(deps, ", ")+".")
	}
	return lines
}

// processor is the name of the model, where the system tells it.
func processor() string {
	info, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(info)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown processor"
}

// busy is processor time in ticks, as Linux counts it; zero elsewhere.
type busy struct{ all, idle, own float64 }

func load() (b busy) {
	stat, _ := os.ReadFile("/proc/stat")
	line, _, _ := strings.Cut(string(stat), "\n")
	for i, f := range strings.Fields(line) {
		n, _ := strconv.ParseFloat(f, 64)
		if i >= 1 && i <= 8 { // user, nice, system, idle, iowait, irq, softirq, steal
			b.all += n
		}
		if i == 4 || i == 5 {
			b.idle += n
		}
	}
	self, _ := os.ReadFile("/proc/self/stat")
	_, after, _ := strings.Cut(string(self), ") ") // the name before it may hold anything
	for i, f := range strings.Fields(after) {
		if n, _ := strconv.ParseFloat(f, 64); i == 11 || i == 12 { // user, system
			b.own += n
		}
	}
	return b
}

// quiet is how much of the machine others may take.
const quiet = 0.05

// others tells how much of the machine was not there for the run.
func others(before, after busy) string {
	all := after.all - before.all
	if all <= 0 || after.own == 0 {
		return "Load unknown"
	}
	took := max(all-(after.idle-before.idle)-(after.own-before.own), 0) / all
	said := fmt.Sprintf("Others took %.0f %% of the processor time meanwhile", 100*took)
	if took > quiet {
		said += ": **too much for these figures to be believed, the ratios of 2 cores least; run again when it is quiet**"
	}
	return said
}
