package fallback

import (
	"fmt"
	"time"
)

// Settings returns the settings in force, written out: given to Reconfigure
// they change nothing.
func (c *Chain[Q, A]) Settings() Settings {
	w := c.now.Load()
	s := Settings{
		MinAssurance: written[Assurance](w.cfg.MinAssurance), PanicTrials: written[int](w.cfg.panicTrials()), Warm: written[float64](w.cfg.Warm), Deadline: written[Duration](w.cfg.Deadline),
		Sources: make(map[string]SourceSettings, len(w.members)),
	}
	if !w.cfg.Once && len(w.members) > 1 {
		s.Hedge = &HedgeSettings{After: written[Duration](w.cfg.Hedge.After), Quantile: written[float64](w.cfg.Hedge.Quantile)}
	}
	if m := w.memory; m != nil {
		s.Memory = &MemorySettings{
			Fresh: written[Duration](m.Fresh), Stale: written[Duration](m.Stale), Revalidate: written[Duration](m.Revalidate),
			Negative: written[Duration](m.Negative), Patience: written[Duration](m.Patience), StoreWait: written[Duration](m.StoreWait),
		}
	}
	for i := range w.members {
		m := &w.members[i]
		one := SourceSettings{Timeout: written[Duration](m.Timeout)}
		if m.Find != nil {
			one.FindTimeout = written[Duration](m.FindTimeout)
		}
		if !w.cfg.Once {
			one.Retry = &RetrySettings{
				Max: written[int](m.Retry.Max), First: written[Duration](m.Retry.First), MaxWait: written[Duration](m.Retry.MaxWait),
			}
		}
		s.Order = append(s.Order, m.Name)
		s.Sources[m.Name] = one
	}
	return s
}

// Reconfigure puts s in force as a whole, or says all that is wrong with it at
// once, and then nothing has changed. See Settings for what stays.
func (c *Chain[Q, A]) Reconfigure(s Settings) error {
	apply, err := c.Prepare(s)
	if err != nil {
		return err
	}
	apply()
	return nil
}

// Prepare is Reconfigure in two steps, for whoever changes several parts at
// once.
func (c *Chain[Q, A]) Prepare(s Settings) (apply func(), err error) {
	cfg := c.made
	var wrong mistakesFound
	cfg.set(&s, &wrong)
	if err := wrong.joined(cfg.Name); err != nil {
		return nil, err
	}
	return func() {
		c.change.Lock()
		defer c.change.Unlock()
		old := c.now.Load()
		w := &wiring[Q, A]{cfg: cfg, level: old.level, empty: old.empty, teller: old.teller, crew: old.crew, began: old.began}
		// It fails only for want of a store, and there is one.
		if w.wire(old) == nil {
			c.now.Store(w)
		}
	}, nil
}

// set puts s over cfg and lists what is wrong with that.
func (cfg *Config[Q, A]) set(s *Settings, wrong *mistakesFound) {
	names := make([]string, len(cfg.Sources))
	for i := range cfg.Sources {
		names[i] = cfg.Sources[i].Name
	}
	sources := make([]Source[Q, A], 0, len(cfg.Sources))
	for _, i := range s.places(wrong, names) {
		sources = append(sources, cfg.Sources[i])
	}
	cfg.Sources = sources
	cfg.MinAssurance = s.raise(wrong, cfg.MinAssurance)
	if s.TTL != nil {
		wrong.add("ttl: a chain has none")
	}
	set(&cfg.Deadline, s.Deadline)
	if n := s.PanicTrials; n != nil {
		if *n < 0 {
			wrong.add("panic trials must be between 0 and %d", maxPanicTrials)
		}
		if cfg.PanicTrials = *n; *n == 0 {
			cfg.PanicTrials = -1 // zero would be the default
		}
	}
	if h := s.Hedge; h != nil {
		set(&cfg.Hedge.After, h.After)
		set(&cfg.Hedge.Quantile, h.Quantile)
	}
	set(&cfg.Warm, s.Warm)
	cfg.setMemory(s.Memory, wrong)
	for i := range cfg.Sources {
		src := &cfg.Sources[i]
		src.set(s.Sources[src.Name], func(m *mistakesFound) {
			for _, err := range *m {
				wrong.add("source %q: %w", src.Name, err)
			}
		})
	}
	for _, err := range cfg.mistakes() {
		wrong.add("%w", err)
	}
}

// panicTrials is how many there are a second.
func (cfg *Config[Q, A]) panicTrials() int {
	pace := cfg.panicPace()
	if pace == 0 {
		return 0
	}
	return int(time.Second / pace)
}

func (cfg *Config[Q, A]) setMemory(s *MemorySettings, wrong *mistakesFound) {
	if s == nil {
		return
	}
	if cfg.Memory == nil {
		wrong.add("memory: the chain has none")
		return
	}
	m := *cfg.Memory // that of the user stays as it is
	set(&m.Fresh, s.Fresh)
	set(&m.Stale, s.Stale)
	set(&m.Revalidate, s.Revalidate)
	set(&m.Negative, s.Negative)
	set(&m.Patience, s.Patience)
	wrong.positive("memory: store wait", s.StoreWait)
	set(&m.StoreWait, s.StoreWait)
	cfg.Memory = &m
}

func (s *Source[Q, A]) set(to SourceSettings, tell func(*mistakesFound)) {
	var wrong mistakesFound
	defer func() { tell(&wrong) }()
	wrong.positive("timeout", to.Timeout)
	set(&s.Timeout, to.Timeout)
	if to.FindTimeout != nil && s.Find == nil {
		wrong = append(wrong, fmt.Errorf("find timeout: it has no find"))
	} else {
		wrong.positive("find timeout", to.FindTimeout)
		set(&s.FindTimeout, to.FindTimeout)
	}
	if to.Tries != nil {
		wrong.add("tries: those of a chain are retries")
	}
	if r := to.Retry; r != nil {
		wrong.positive("retry: first", r.First)
		wrong.positive("retry: max wait", r.MaxWait)
		set(&s.Retry.Max, r.Max)
		set(&s.Retry.First, r.First)
		set(&s.Retry.MaxWait, r.MaxWait)
	}
}

// Upstreams returns what the sources share with others, each once, in order.
func (c *Chain[Q, A]) Upstreams() []*Upstream {
	return upstreams(func(yield func(*Upstream)) {
		for i := range c.made.Sources {
			yield(c.made.Sources[i].Upstream)
		}
	})
}

// upstreamsOf returns the upstream of each source that has one, by its name.
func (c *Chain[Q, A]) upstreamsOf() map[string]*Upstream {
	of := make(map[string]*Upstream, len(c.made.Sources))
	for i := range c.made.Sources {
		of[c.made.Sources[i].Name] = c.made.Sources[i].Upstream
	}
	return of
}

var _ Adjustable = (*Chain[int, int])(nil)
