/** Styles that a module imports become the page's style sheet; there is nothing to use of them. */
declare module '*.css';
