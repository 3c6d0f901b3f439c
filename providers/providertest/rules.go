package providertest

// The rules that hold for every row and every answer. A complaint prints the
// one it stands on; the rows of the fault table have rules of their own besides.
const (
	ruleError      = "what an adapter does not understand is an error, never a success and never (zero, nil) (T14)"
	ruleShape      = "an error has *providers.Error in its chain, names provider and operation, and reads `provider: op: kind: cause`, on one line"
	ruleOnce       = "an adapter asks once: it never retries, and asks nothing more after a fault (T20)"
	ruleClient     = "an adapter asks only through the client it was given, and changes nothing of it"
	ruleCookies    = "an adapter keeps no cookie: one citizen's session must not answer for another"
	ruleDeadline   = "an ask ends when its context ends, also while bytes drip (F13, F14, F59)"
	ruleBodies     = "each response body is closed (F63)"
	ruleGoroutines = "an adapter leaves no goroutine behind (F63)"
	ruleSecrets    = "no secret, no URL, nothing of the answer's body appears in an error or the log (T17)"
	ruleCap        = "an adapter reads a bounded number of decompressed bytes (T13)"
	ruleUnsent     = "Unsent is claimed only when the request certainly never reached the vendor: else effects are doubled (T19)"
	ruleWait       = "a wait is never negative, and at most a day (F26)"
	rulePanic      = "nothing panics"
	ruleStray      = "a redirect is never followed: keys would travel along in header, Referer and body (F65)"
	ruleNew        = "New touches no network: a service must start during an outage"
	ruleHealthy    = "a healthy vendor's answer is a success, in exactly Subject.Asks requests"
	ruleConcurrent = "an adapter is safe for concurrent use"
	ruleRow        = "a vendor's documented answer means what its documentation says"
	ruleSubject    = "a subject is well described: overrides name a row and a reason, secrets are long enough to be told from chance, the healthy answer has a body"
)
