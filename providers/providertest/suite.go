package providertest

type suite struct{ subject Subject }

func newSuite(s Subject) *suite { return &suite{subject: s} }

func (s *suite) run(t T, each func(name string, row func(T))) {
	t.Helper()
	if s.subject.New == nil || s.subject.Healthy == nil {
		t.Fatalf("%s: Subject.New and Subject.Healthy are required", s.subject.Name)
	}
}
