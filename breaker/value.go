package breaker

import "context"

// Do is Breaker.Do for calls that yield a value: that of call, also beside an error, or the zero T when the call was refused. A nil b
// just calls.
func Do[T any](ctx context.Context, b *Breaker, call func(context.Context) (T, error)) (value T, err error) {
	err = b.Do(ctx, func(ctx context.Context) (err error) {
		value, err = call(ctx)
		return err
	})
	return value, err
}
