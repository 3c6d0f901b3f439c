package diskstore_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/detour-go/detour/fallback/diskstore"
	"github.com/stretchr/testify/require"
)

// killDir tells a re-executed test binary to be the process that is killed.
const killDir = "DISKSTORE_TEST_KILL_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(killDir); dir != "" {
		writeUntilKilled(dir)
	}
	os.Exit(m.Run())
}

const killKeys = 16

// value is recognised whole: its number, again and again, in a length of its own.
func value(number uint64) []byte {
	b := binary.BigEndian.AppendUint64(nil, number)
	return bytes.Repeat(b, 1+int(number*7919%6000))
}

func numberOf(b []byte) (number uint64, whole bool) {
	if len(b) < 8 {
		return 0, false
	}
	number = binary.BigEndian.Uint64(b)
	return number, bytes.Equal(b, value(number))
}

// writeUntilKilled saves numbers that grow and says each when it is saved.
func writeUntilKilled(dir string) {
	s, err := diskstore.New(diskstore.Config{Dir: dir, NoSync: os.Getenv(killDir+"_SYNC") == ""})
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	from, _ := strconv.ParseUint(os.Getenv(killDir+"_FROM"), 10, 64)
	var mu sync.Mutex
	for w := range uint64(4) { // each its own keys, so that the newest of a key is known
		go func() {
			for n := from + w; ; n += 4 {
				key := n % killKeys
				if err := s.Save(context.Background(), fmt.Sprint(key), value(n), time.Hour); err != nil {
					fmt.Println("error", err)
					os.Exit(1)
				}
				mu.Lock()
				_, _ = os.Stdout.WriteString(strconv.FormatUint(n, 10) + "\n") // unbuffered: said is said
				mu.Unlock()
			}
		}()
	}
	select {}
}

// F47: a process is killed a hundred times in the middle of its writing.
func TestF47SIGKILL(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	kept := open(t, diskstore.Config{Dir: dir})
	require.NoError(t, kept.Save(ctx, "earlier", value(42), time.Hour))
	said := map[uint64]uint64{} // key → newest number that was acknowledged
	from, halves, saves := uint64(killKeys), uint64(0), 0
	for round := range 100 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), killDir+"="+dir, killDir+"_FROM="+strconv.FormatUint(from, 10))
		if round%4 == 0 {
			cmd.Env = append(cmd.Env, killDir+"_SYNC=1")
		}
		out, err := cmd.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		lines := bufio.NewReader(out)
		die := 1 + rand.IntN(200) // after so many saves, wherever the next ones are
		for i := 0; ; i++ {
			line, err := lines.ReadString('\n')
			if err == io.EOF {
				break
			}
			require.NoError(t, err)
			require.False(t, strings.HasPrefix(line, "error"), line)
			n, err := strconv.ParseUint(strings.TrimSpace(line), 10, 64)
			if err != nil { // killed while it spoke
				continue
			}
			said[n%killKeys] = max(said[n%killKeys], n)
			from = max(from, n+killKeys)
			saves++
			if i == die {
				require.NoError(t, cmd.Process.Kill())
			}
		}
		require.Error(t, cmd.Wait())
		from = (from + killKeys) / killKeys * killKeys

		s := open(t, diskstore.Config{Dir: dir})
		for key := range uint64(killKeys) {
			data, found, err := s.Load(ctx, fmt.Sprint(key))
			require.NoError(t, err)
			if said[key] == 0 {
				continue
			}
			require.True(t, found, "round %d: key %d was lost", round, key)
			n, whole := numberOf(data)
			require.True(t, whole, "round %d: key %d is torn", round, key)
			require.GreaterOrEqual(t, n, said[key], "round %d: key %d is older than what was acknowledged", round, key)
		}
		data, found, err := s.Load(ctx, "earlier")
		require.NoError(t, err)
		require.True(t, found)
		require.Equal(t, value(42), data)
		require.Zero(t, s.Stats().Corrupt)
		halves += s.Stats().Halves
		files(t, dir) // and no half file is left
	}
	require.NotZero(t, halves, "nobody was killed in the middle of a write")
	t.Logf("%d saves, %d half files removed", saves, halves)
}

// F49: several processes in one directory that open it all the time, which
// clears half files. Here they are stores with nothing in common but the
// directory; files are held per opening, so that is the same.
func TestF49SharedDirectory(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	var g sync.WaitGroup
	for w := range uint64(4) {
		g.Go(func() {
			for i := range uint64(150) {
				s := open(t, diskstore.Config{Dir: dir, NoSync: true})
				key := fmt.Sprint(i % 8)
				if err := s.Save(ctx, key, value(w*1000+i), time.Hour); err != nil {
					t.Error(err)
				}
				data, found, err := s.Load(ctx, key)
				if _, whole := numberOf(data); err != nil || !found || !whole {
					t.Errorf("found %v, whole %v, %v", found, whole, err)
				}
				if s.Stats().Corrupt != 0 {
					t.Errorf("%d corrupt", s.Stats().Corrupt)
				}
			}
		})
	}
	g.Wait()
}
