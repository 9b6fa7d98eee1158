import { describeControls } from './controls-flow.ts';

describeControls('firefox');
