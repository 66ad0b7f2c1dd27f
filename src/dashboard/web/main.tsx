import { render } from 'preact';
import { Page } from './app.js';
import { connect } from './store.js';
import 'uplot/dist/uPlot.min.css';
import './style.css';

connect();
render(<Page />, document.body);
