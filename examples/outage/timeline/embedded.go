package timeline

import (
	"embed"
	"fmt"
	"os"
	"slices"
	"strings"
)

// Default is the timeline that is played when none is named.
const Default = "kakao-2022-10-15"

//go:embed files/*.json
var files embed.FS

// Load returns the built-in timeline of that name or, when there is none, reads the file. Mistakes in the file are a Mistakes.
func Load(nameOrFile string, roles []string) (Timeline, error) {
	if slices.Contains(Names(), nameOrFile) {
		path := "files/" + nameOrFile + ".json"
		data, err := files.ReadFile(path)
		if err != nil {
			return Timeline{}, err
		}
		return Parse(path, data, roles)
	}
	data, err := os.ReadFile(nameOrFile)
	if err != nil {
		return Timeline{}, fmt.Errorf("timeline %q is neither built in (%s) nor a file that can be read: %w",
			nameOrFile, strings.Join(Names(), ", "), err)
	}
	return Parse(nameOrFile, data, roles)
}

// Names are the built-in timelines, Default first.
func Names() []string {
	names := []string{Default}
	entries, err := files.ReadDir("files")
	if err != nil {
		return names
	}
	for _, e := range entries {
		if name := strings.TrimSuffix(e.Name(), ".json"); name != Default {
			names = append(names, name)
		}
	}
	return names
}
