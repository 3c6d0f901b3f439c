package address

import (
	"fmt"
	"io"
)

func mask(f fmt.State, text string) { _, _ = io.WriteString(f, text) }
