/** The part of React that is used; React itself is the peer. */
declare module 'react' {
  export function useCallback<F>(callback: F, dependencies: readonly unknown[]): F;
  export function useMemo<T>(make: () => T, dependencies: readonly unknown[]): T;
  export function useSyncExternalStore<S>(
    subscribe: (changed: () => void) => () => void,
    getSnapshot: () => S,
    getServerSnapshot: () => S,
  ): S;
}
