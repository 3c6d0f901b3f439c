// Package providertest is what every vendor adapter must do, as a test: one
// table of faults for all of them, and the contract of package providers.
//
// An adapter's test describes itself once and runs the suite:
//
//	func TestKakaoFinish(t *testing.T) {
//		providertest.Run(t, providertest.Subject{
//			Name:    "kakao finish",
//			New:     func(base string, c *http.Client) (func(context.Context) error, error) { ... },
//			Healthy: handler,
//			Secrets: []string{"CANARY-client-secret"},
//		})
//	}
//
// The suite puts each fault in front of the healthy vendor, on real sockets,
// asks once and judges what came back. Each row's name begins with the id of a
// fault (F5) or of a threat (T14), and each complaint prints the rule it stands on.
//
// [Sealing] is for the types of a flow: what they lose between its steps.
//
// It needs the standard library only, and judges strangers' adapters as well.
package providertest
